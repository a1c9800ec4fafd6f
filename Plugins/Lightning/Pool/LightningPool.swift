package import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// `pool`: several nodes as one. An invoice is made by the first that can, in the order of the policy or by weight, and
/// whatever concerns a payment is asked of the node that it is to. May be used from any task.
package final class LightningPool: LightningBackend, Plugin {
    package static let word = "pool"

    package enum Choice: String, Sendable, CaseIterable {
        /// The first of the policy that can.
        case order
        /// Any, the heavier the more often.
        case weight
    }

    /// Invoices of which it is known which node made them; the store is asked for others.
    private static let memory = 20_000

    private struct State {
        var makers: [PaymentHash: Int] = [:]
        /// Of `makers`, the oldest first.
        var order = CircularBuffer<PaymentHash>()
        /// In the order of the members.
        var accounts: [PoolAccount]
        /// Those that this process has followed.
        var followed: Set<Int> = []
    }

    let members: [PoolMember]
    /// Between attempts to follow a node.
    let pauses: Pauses
    private let choice: Choice
    let store: any Store
    private let time: TimeSource
    let logger: Logger
    private let check: InvoiceCheck
    private let state: NIOLockedValueBox<State>
    private let feed = PoolFeed()

    /// - Parameters:
    ///   - members: at least one.
    ///   - choice: of the first to be asked for an invoice.
    ///   - pauses: between attempts to follow a node.
    ///   - services: of the gateway.
    package init(
        _ members: [PoolMember],
        choice: Choice,
        pauses: Pauses = Pauses(),
        _ services: Services
    ) {
        self.members = members
        self.choice = choice
        self.pauses = pauses
        store = services.store
        time = services.time
        logger = services.logger
        check = InvoiceCheck(time: services.time, telling: services.invoiceCheck)
        state = NIOLockedValueBox(State(accounts: members.map { _ in PoolAccount() }))
    }

    package let isAttended = true

    package var memberNames: [String] { members.map(\.name) }

    package func members(_ names: [String]) -> (any LightningBackend)? {
        guard names.allSatisfy({ memberNames.contains($0) }) else { return nil }
        if names.isEmpty { return self }
        return PoolPart(pool: self, names: Set(names))
    }

    /// What all can; paying back is what one does.
    package var capabilities: LightningCapabilities {
        let all = members.map { $0.backend.capabilities }
        let common: LightningCapabilities = all.reduce([.subscribe, .hold]) { $0.intersection($1) }
        return all.contains { $0.contains(.refund) } ? common.union(.refund) : common
    }

    /// Of the most talkative: any of them may take a payment.
    package var preimageExposure: PreimageExposure {
        members.map { $0.backend.preimageExposure }.max() ?? .nobody
    }

    /// Any that pays may be the one that does.
    package var boundsFees: Bool {
        members.allSatisfy { !$0.backend.capabilities.contains(.refund) || $0.backend.boundsFees }
    }

    package var localServices: [LocalService] { members.flatMap { $0.backend.localServices } }

    // MARK: Starting

    package func start() async throws {
        for (index, member) in members.enumerated() {
            guard let bytes = try await store.value(for: PoolAccount.key(of: member)) else { continue }
            let account = try PoolAccount(stored: bytes)
            state.withLockedValue { $0.accounts[index] = account }
        }
        var started = [PoolMember]()
        do {
            for member in members {
                try await member.backend.start()
                started.append(member)
            }
        } catch {
            for member in started { await member.backend.stop() }
            throw error
        }
    }

    package func stop() async {
        for member in members { await member.backend.stop() }
    }

    /// Each node: one that is away is missed by nobody while the others sell.
    package func probe() async throws {
        var failures = [String]()
        for member in members {
            do {
                try await member.backend.probe()
            } catch {
                try Task.checkCancellation()
                failures.append("\(member.name): \(error)")
            }
        }
        guard failures.isEmpty else { throw LightningFailure(.unavailable, failures.joined(separator: "; ")) }
    }

    package func findings() async -> [String] {
        var findings = [String]()
        for member in members { findings += await member.backend.findings().map { "\(member.name): \($0)" } }
        if !isCounted, members.contains(where: { $0.dailyLimit != nil }) {
            findings.append(
                "not all nodes of the pool tell of payments by themselves, so that nothing counts for 'daily-limit': those"
                    + " that have one sell nothing"
            )
        }
        return findings
    }

    // MARK: Selling

    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try await makeInvoice(for: amount, memo: memo, expiresIn: expiresIn, among: nil)
    }

    /// - Parameter names: of the nodes that may make it; `nil`: those that need not be named.
    func makeInvoice(
        for amount: Amount,
        memo: String,
        expiresIn: Duration,
        among names: Set<String>?
    ) async throws -> Invoice {
        try await firstInvoice(among: names) { [check] backend in
            try await check.invoice(of: backend, for: amount, memo: memo, expiresIn: expiresIn)
        }
    }

    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        try await makeHoldInvoice(for: amount, payment: payment, memo: memo, expiresIn: expiresIn, among: nil)
    }

    func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration,
        among names: Set<String>?
    ) async throws -> Invoice {
        // A second invoice for one payment, at another node, could be paid as well.
        let earlier = try await owner(of: payment).map { Set([$0.name]) }
        return try await firstInvoice(among: earlier ?? names) { [check] backend in
            try await check.holdInvoice(of: backend, for: amount, payment: payment, memo: memo, expiresIn: expiresIn)
        }
    }

    /// Asks one node after the other: one whose invoice is wrong is left like one that is away.
    private func firstInvoice(
        among names: Set<String>?,
        _ make: (any LightningBackend) async throws -> Invoice
    ) async throws -> Invoice {
        var failure = LightningFailure(.unavailable, "each node has taken what it may today, or nothing counts that")
        for index in candidates(among: names) {
            try Task.checkCancellation()
            let member = members[index]
            do {
                let invoice = try await make(member.backend)
                remember(invoice.paymentHash, index)
                return Invoice(
                    bolt11: invoice.bolt11,
                    paymentHash: invoice.paymentHash,
                    amount: invoice.amount,
                    expiresAt: invoice.expiresAt,
                    node: member.name
                )
            } catch {
                if Task.isCancelled { throw error }
                failure = error as? LightningFailure ?? LightningFailure(.unavailable, "\(member.name): \(error)")
                logger.debug(
                    "a node makes no invoice, and the next is asked",
                    metadata: ["node": "\(member.name)", "error": "\(error)"]
                )
            }
        }
        throw failure
    }

    /// The indices of the nodes that may make an invoice now, the first to be asked first.
    private func candidates(among names: Set<String>?) -> [Int] {
        let now = time.now()
        let isCounted = isCounted
        let accounts = state.withLockedValue { $0.accounts }
        let candidates = members.indices.filter { index in
            let member = members[index]
            guard names?.contains(member.name) ?? !member.isNamedOnly else { return false }
            return member.dailyLimit.map { isCounted && accounts[index].received(onDayOf: now) < $0 } ?? true
        }
        return choice == .order ? candidates : Self.shuffled(candidates, by: members)
    }

    /// Whether anything counts for a daily limit. What a wallet can do may turn out late: then nobody follows the pool.
    private var isCounted: Bool { capabilities.contains(.subscribe) }

    private static func shuffled(_ candidates: [Int], by members: [PoolMember]) -> [Int] {
        var rest = candidates
        var shuffled = [Int]()
        while !rest.isEmpty {
            let whole = rest.reduce(0) { $0 + members[$1].weight }
            var point = Int.random(in: 0..<max(1, whole))
            let chosen = rest.firstIndex { index in
                point -= members[index].weight
                return point < 0
            }
            shuffled.append(rest.remove(at: chosen ?? 0))
        }
        return shuffled
    }

    private func remember(_ payment: PaymentHash, _ index: Int) {
        state.withLockedValue { state in
            guard state.makers.updateValue(index, forKey: payment) == nil else { return }
            state.order.append(payment)
            if state.order.count > Self.memory, let oldest = state.order.popFirst() { state.makers[oldest] = nil }
        }
    }

    // MARK: Asking for payments

    /// The node that a payment is to; `nil` where nobody knows it: an invoice that was forgotten, or of before the pool.
    private func owner(of payment: PaymentHash) async throws -> PoolMember? {
        if let index = state.withLockedValue({ $0.makers[payment] }) { return members[index] }
        guard let name = try await store.invoice(payment)?.invoice.node else { return nil }
        guard let member = members.first(where: { $0.name == name }) else {
            throw LightningFailure(.unavailable, "the node '\(name)' that made the invoice is not in the pool any more")
        }
        return member
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool { try await invoiceState(payment) == .settled }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        if let owner = try await owner(of: payment) { return try await owner.backend.invoiceState(payment) }
        // A node that does not know it says that it is open.
        var failure: (any Error)?
        for member in members {
            do {
                let state = try await member.backend.invoiceState(payment)
                if state != .open { return state }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return .open
    }

    package func settleInvoice(with preimage: Preimage) async throws {
        let payment = PaymentHash(preimage.bytes.sha256)
        if let owner = try await owner(of: payment) { return try await owner.backend.settleInvoice(with: preimage) }
        var failure: (any Error)?
        for member in holders {
            do {
                guard try await member.backend.invoiceState(payment) != .open else { continue }
                return try await member.backend.settleInvoice(with: preimage)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? LightningFailure(.refused, "no node of the pool is known to have made the invoice")
    }

    package func cancelInvoice(_ payment: PaymentHash) async throws {
        if let owner = try await owner(of: payment) { return try await owner.backend.cancelInvoice(payment) }
        var failure: (any Error)?
        for member in holders {
            do {
                try await member.backend.cancelInvoice(payment)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Those that may hold a payment of which it is not written down which node made its invoice: a process that dies may have
    /// had no time for it. The others know nothing of it.
    private var holders: [PoolMember] { members.filter { $0.backend.capabilities.contains(.hold) } }

    package func read(_ bolt11: String) throws -> PayableInvoice {
        var failure: (any Error)?
        for member in members {
            do {
                return try member.backend.read(bolt11)
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? LightningFailure(.refused, "there is no node")
    }

    // MARK: Settlements

    /// Where each node stands that answers, or up to where this process has followed it already. One that does not answer
    /// begins, once it does, where it stood when it was followed last.
    package func settlementsEnd() async throws -> SettlementCursor {
        var ends = [Int: SettlementCursor]()
        for (index, member) in members.enumerated() {
            if let cursor = followedPosition(of: index) {
                ends[index] = cursor
                continue
            }
            do {
                let end = try await member.backend.settlementsEnd()
                if position(of: index) == nil { try await keep(end, of: index) }
                ends[index] = end
            } catch let failure as LightningFailure {
                logger.warning(
                    "a node of the pool does not say where it stands",
                    metadata: ["node": "\(member.name)", "error": "\(failure)"]
                )
            }
        }
        return feed.cursor(of: ends)
    }

    /// Those of all nodes. Where each stands the pool keeps in the store itself, once the reader has come back for the next.
    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        let reader = PoolReader(self, feed, since: cursor)
        return AsyncThrowingStream(unfolding: { try await reader.next() })
    }

    /// Up to where a node was followed; `nil`: never.
    func position(of member: Int) -> SettlementCursor? {
        state.withLockedValue { $0.accounts[member].position }.map(SettlementCursor.init(position:))
    }

    /// What was told there; `nil` where that is not known.
    func payment(at cursor: SettlementCursor?, of member: Int) -> PaymentHash? {
        state.withLockedValue { $0.accounts[member].payment(at: cursor) }
    }

    private func followedPosition(of member: Int) -> SettlementCursor? {
        state.withLockedValue { $0.followed.contains(member) } ? position(of: member) : nil
    }

    /// It is another node than the one that was followed.
    func beginAnew(_ member: Int) {
        state.withLockedValue { state in
            state.accounts[member].beginAnew()
            state.followed.remove(member)
        }
    }

    func count(_ settlement: Settlement, of member: Int) {
        let now = time.now()
        state.withLockedValue { $0.accounts[member].count(settlement, at: now) }
    }

    /// - Parameter payment: what was told there; `nil` where it is only known that the node stands there.
    func keep(_ cursor: SettlementCursor, told payment: PaymentHash? = nil, of member: Int) async throws {
        let account = state.withLockedValue { state in
            state.accounts[member].keep(cursor, of: payment)
            if payment != nil { state.followed.insert(member) }
            return state.accounts[member]
        }
        try await store.setValue(account.encoded(), for: PoolAccount.key(of: members[member]))
    }
}
