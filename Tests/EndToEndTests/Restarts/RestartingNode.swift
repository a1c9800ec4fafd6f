import GatewayKit
import GatewayTesting
import L402
import NIOConcurrencyHelpers

/// A node that can be away, forgets nothing that was paid, and ends its streams when it goes.
final class RestartingNode: LightningBackend {
    private typealias Continuation = AsyncThrowingStream<Settlement, any Error>.Continuation

    /// As with a real node, what has a number up to the one that was asked from is not told.
    private struct Follower {
        let continuation: Continuation
        let position: UInt64
    }

    private struct State {
        var invoices: [String: (invoice: Invoice, preimage: Preimage)] = [:]
        var settlements: [Settlement] = []
        var settled: Set<PaymentHash> = []
        var followers: [Int: Follower] = [:]
        var nextID = 0
        var isAway = false
        var cursors: [SettlementCursor?] = []
        /// Paid in the moment before somebody follows it.
        var early: String?
    }

    let capabilities: LightningCapabilities
    /// As if it were a pool: of an invoice that none of these has made it does not answer.
    let memberNames: [String]
    private let time: ManualTime
    /// Settlements from before this test: their number, and nothing else.
    private let earlier: UInt64
    private let saysWhereItStands: Bool
    private let state = NIOLockedValueBox(State())

    init(
        time: ManualTime,
        capabilities: LightningCapabilities = .subscribe,
        earlier: UInt64 = 0,
        members: [String] = [],
        saysWhereItStands: Bool = true
    ) {
        self.capabilities = capabilities
        memberNames = members
        self.saysWhereItStands = saysWhereItStands
        self.time = time
        self.earlier = earlier
    }

    private static let away = LightningFailure(.unavailable, "the node is away")

    // MARK: For the test

    var settled: Set<PaymentHash> { state.withLockedValue { $0.settled } }

    /// Where those stood who followed it.
    var cursors: [SettlementCursor?] { state.withLockedValue { $0.cursors } }

    func leave() {
        let followers = state.withLockedValue { state in
            state.isAway = true
            defer { state.followers = [:] }
            return Array(state.followers.values)
        }
        for follower in followers { follower.continuation.finish(throwing: Self.away) }
    }

    /// Another node takes its place, which knows of nothing.
    func beginAnew() {
        state.withLockedValue { state in
            state.invoices = [:]
            state.settlements = []
            state.settled = []
        }
    }

    /// Somebody pays this behind all questions for it, and before anybody follows.
    func payBeforeFollowing(_ bolt11: String) { state.withLockedValue { $0.early = bolt11 } }

    func comeBack() { state.withLockedValue { $0.isAway = false } }

    /// What a payer gets: once for each invoice, and again when it asks again.
    func pay(_ bolt11: String) throws -> Preimage {
        let (settlement, followers, preimage) = try state.withLockedValue {
            state -> (Settlement?, [Follower], Preimage) in
            guard !state.isAway else { throw Self.away }
            guard let (invoice, preimage) = state.invoices[bolt11] else {
                throw LightningFailure(.refused, "no route")
            }
            guard state.settled.insert(invoice.paymentHash).inserted else {
                return (nil, [], preimage)
            }
            let settlement = Settlement(
                payment: invoice.paymentHash,
                amount: invoice.amount,
                settledAt: time.now,
                cursor: SettlementCursor(position: earlier + UInt64(state.settlements.count) + 1)
            )
            state.settlements.append(settlement)
            return (settlement, Array(state.followers.values), preimage)
        }
        if let settlement {
            for follower in followers where follower.position < settlement.cursor.position {
                follower.continuation.yield(settlement)
            }
        }
        return preimage
    }

    // MARK: For the gateway

    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        let secret = Bytes32.random()
        let payment = PaymentHash(secret.withUnsafeBytes { Bytes32.sha256(of: $0) })
        let invoice = Invoice(
            bolt11: "lnbcrt1\(payment)",
            paymentHash: payment,
            amount: amount,
            expiresAt: time.now.advanced(by: expiresIn)
        )
        try state.withLockedValue { state in
            guard !state.isAway else { throw Self.away }
            state.invoices[invoice.bolt11] = (invoice, Preimage(secret))
        }
        return invoice
    }

    func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try state.withLockedValue { state in
            let isStranger = !state.invoices.values.contains { $0.invoice.paymentHash == payment }
            guard !state.isAway, memberNames.isEmpty || !isStranger else { throw Self.away }
            return state.settled.contains(payment)
        }
    }

    func settlementsEnd() async throws -> SettlementCursor {
        try state.withLockedValue { state in
            guard !state.isAway else { throw Self.away }
            guard saysWhereItStands else { return SettlementCursor.next }
            return SettlementCursor(position: earlier + UInt64(state.settlements.count))
        }
    }

    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        let early = state.withLockedValue { state in
            defer { state.early = nil }
            return state.early
        }
        if let early { _ = try? pay(early) }
        let (stream, continuation) = AsyncThrowingStream<Settlement, any Error>.makeStream()
        let id = state.withLockedValue { state -> Int? in
            guard !state.isAway else { return nil }
            state.cursors.append(cursor)
            for settlement in state.settlements where settlement.cursor.position > cursor?.position ?? .max {
                continuation.yield(settlement)
            }
            state.nextID += 1
            let position = cursor == SettlementCursor.next ? 0 : cursor?.position ?? 0
            state.followers[state.nextID] = Follower(continuation: continuation, position: position)
            return state.nextID
        }
        guard let id else {
            continuation.finish(throwing: Self.away)
            return stream
        }
        continuation.onTermination = { [state] _ in state.withLockedValue { $0.followers[id] = nil } }
        return stream
    }

    func settlements(
        behind cursor: SettlementCursor,
        of payment: PaymentHash
    ) -> AsyncThrowingStream<Settlement, any Error> {
        let isKnown = state.withLockedValue { state in
            state.isAway || state.settlements.contains { $0.payment == payment && $0.cursor == cursor }
        }
        guard isKnown else { return AsyncThrowingStream { $0.finish(throwing: SettlementsBeganAnew()) } }
        return settlements(since: cursor)
    }

    func read(_ bolt11: String) throws -> PayableInvoice {
        guard let invoice = state.withLockedValue({ $0.invoices[bolt11]?.invoice }) else {
            throw LightningFailure(.refused, "this node never made it")
        }
        return PayableInvoice(payment: invoice.paymentHash, amount: invoice.amount, expiresAt: invoice.expiresAt)
    }

    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        throw LightningFailure(.refused, "this node does not pay")
    }

    func payment(_ payment: PaymentHash) async throws -> PaymentState { .unpaid }
}
