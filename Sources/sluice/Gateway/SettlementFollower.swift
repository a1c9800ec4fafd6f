internal import GatewayKit
internal import GatewayPolicy
internal import Logging

/// Hears of payments as they arrive: marks their invoices in the store, for the books, and lets in who waits for them. What
/// is sold for a proof of payment waits for none of it.
struct SettlementFollower: Sendable {
    private static let firstPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(5)
    /// From one look at the open invoices to the next, where the node tells of nothing by itself.
    private static let lookPause = Duration.seconds(5)
    /// Invoices that are asked for in a look, one after the other: with the pauses some 25 a second at the most.
    private static let mostLooks = 64
    private static let mostLooksBack = 2_000
    /// With the first, as many as may be open at the same time where the policy does not say otherwise.
    private static let mostPagesBack = 10
    /// Looks from one look back to the next, where some could not be asked for.
    private static let looksPerLookBack = 12

    private let lightning: any LightningBackend
    /// A cursor means something to the node that told it, and to no other.
    private let cursorKey: String
    private let store: any Store
    private let budget: InvoiceBudget
    private let news: SettlementNews
    private let time: TimeSource
    private let logger: Logger

    init(_ policy: LoadedPolicy) {
        lightning = policy.plan.lightning
        cursorKey = "gateway/settlement-cursor/\(policy.plan.lightningName)"
        store = policy.plan.store
        budget = policy.invoiceBudget
        news = policy.settlements
        time = policy.time
        logger = policy.logger
    }

    /// Until its task is cancelled. A node that cannot be followed is tried again, later each time.
    func follow() async {
        var pause = Self.firstPause
        var hasLookedBack = false
        var looks = 0
        while !Task.isCancelled {
            do {
                // What a wallet can do may be known only once it has been reached.
                guard lightning.capabilities.contains(.subscribe) else {
                    _ = try await lookOnce()
                    if !hasLookedBack, looks % Self.looksPerLookBack == 0 { hasLookedBack = try await lookBack() }
                    looks += 1
                    try await Task.sleep(for: Self.lookPause.jittered)
                    continue
                }
                let place = try await place()
                var isUnknown = place.cursor == SettlementCursor.next
                for try await settlement in lightning.settlements(since: place.cursor, of: place.payment) {
                    try await note(settlement.payment, settlement.amount, at: settlement.settledAt)
                    if isUnknown {
                        // What arrived behind the look and before the stream began is told by nobody.
                        try await lookAtAll()
                        isUnknown = false
                    }
                    try await keep(SettlementPlace(settlement))
                    pause = Self.firstPause
                }
            } catch let anew as SettlementsBeganAnew {
                await forget(anew)
            } catch {
                // Something below it may have been cancelled, which is no reason to follow no more.
                if Task.isCancelled { return }
                logger.error("cannot follow the node's settlements", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: pause.jittered)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    // MARK: Standing

    /// Where the store stood. A node that is followed for the first time is not asked for all that it was ever paid.
    private func place() async throws -> SettlementPlace {
        let kept = try await store.value(for: cursorKey).map { value -> SettlementPlace in
            guard let place = SettlementPlace(stored: value) else {
                throw StoreFailure("\(cursorKey) is not where a node may stand")
            }
            return place
        }
        if let kept, kept.isKnown { return kept }
        // A node that had told of nothing tells everything. Of any other it is not known what has arrived since.
        var end = SettlementCursor(position: 0)
        if kept?.cursor != end { end = try await lightning.settlementsEnd() }
        // What was sold before the node could be asked where it stands, and by the node before it. The books know of what has
        // been taken since, too, which nobody counts among the open ones any more.
        try await lookAtAll()
        let place = SettlementPlace(end)
        try await keep(place)
        return place
    }

    private func keep(_ place: SettlementPlace) async throws {
        try await store.setValue(place.stored, for: cursorKey)
    }

    /// What was told stays told: a settlement that comes again marks nothing a second time (`Store.settle`).
    private func forget(_ anew: SettlementsBeganAnew) async {
        logger.warning("the node's settlements are followed from where it stands now", metadata: ["reason": "\(anew)"])
        do {
            try await store.setValue(nil, for: cursorKey)
        } catch {
            logger.error("cannot forget where the node stood", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Noting

    private func note(_ payment: PaymentHash, _ amount: Amount, at settledAt: WallTime) async throws {
        budget.close(payment)
        news.note(payment)
        guard try await store.settle(payment, at: settledAt) else { return }
        if let invoice = try await store.invoice(payment) {
            budget.tally.noteSettled(invoice, for: amount, at: settledAt)
        }
    }

    // MARK: Looking

    /// Asks for what is open, and for what the books have.
    ///
    /// - Throws: `LightningFailure` where the node did not answer for some of them.
    private func lookAtAll() async throws {
        let (isOpenKnown, isBookKnown) = (try await lookOnce(), try await lookBack())
        guard isOpenKnown, isBookKnown else {
            throw LightningFailure(.unavailable, "the node does not answer for its open invoices")
        }
    }

    /// Asks for what quotes of the books asked for and nobody is known to have paid: the last ones and, of those before them,
    /// the ones whose invoices could still be paid when the last was made.
    ///
    /// - Returns: false where the node did not answer for some of them.
    private func lookBack() async throws -> Bool {
        let books = store.books
        // Of a store without them nothing is to be found out.
        guard !(books is NoBooks) else { return true }
        let chains = try await books.chains()
        guard let chain = chains.first(where: { $0.name == LedgerChain.quotes }) else { return true }
        var hasAnswered = true
        var end = chain.end
        var lastQuote: WallTime?
        for page in 0..<Self.mostPagesBack where end > chain.start {
            let first = max(chain.start, end - Int64(Self.mostLooksBack))
            let rows = try await books.rows(of: chain.name, after: first, limit: Int(end - first))
            lastQuote = lastQuote ?? rows.last?.entry?.time
            var mayGoOn = page == 0
            for row in rows {
                guard let payment = row.entry?.payment, let issued = try await store.invoice(payment) else { continue }
                let wasOpen = lastQuote.map { issued.invoice.expiresAt >= $0 } ?? true
                mayGoOn = mayGoOn || wasOpen
                guard issued.state == .open, page == 0 || wasOpen else { continue }
                let isSettled = try await isSettled(issued.invoice)
                hasAnswered = hasAnswered && isSettled != nil
                if isSettled == true { try await note(payment, issued.invoice.amount, at: time.now()) }
            }
            guard mayGoOn else { break }
            end = first
        }
        return hasAnswered
    }

    /// Asks for some of the invoices that this process has made and that are open, those first for which a client waits.
    ///
    /// - Returns: false where the node did not answer for some of them.
    private func lookOnce() async throws -> Bool {
        var hasAnswered = true
        for invoice in budget.someOpen(Self.mostLooks, first: news.waitingPayments, at: time.now()) {
            let isSettled = try await isSettled(invoice)
            hasAnswered = hasAnswered && isSettled != nil
            if isSettled == true { try await note(invoice.paymentHash, invoice.amount, at: time.now()) }
        }
        return hasAnswered
    }

    /// `nil` where the node does not answer, which says nothing of the next payment: of a pool another node may be asked. Of a
    /// node that has left its pool nobody can answer, and nobody waits for that.
    private func isSettled(_ invoice: Invoice) async throws -> Bool? {
        let members = lightning.memberNames
        if let node = invoice.node, !members.isEmpty, !members.contains(node) { return false }
        do {
            return try await lightning.isSettled(invoice.paymentHash)
        } catch {
            try Task.checkCancellation()
            logger.debug(
                "cannot ask for a payment",
                metadata: ["payment": "\(invoice.paymentHash)", "error": "\(error)"]
            )
            return nil
        }
    }
}
