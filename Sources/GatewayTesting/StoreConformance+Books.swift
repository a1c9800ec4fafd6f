internal import GatewayKit

extension StoreConformance {
    /// What the books say of a payment, in their order. Other checks write into the same chains.
    private static func entries(
        _ store: any Store,
        of payment: PaymentHash,
        in chain: String = LedgerChain.money
    ) async throws -> [LedgerEntry] {
        _ = try await store.books.chains()
        var entries = [LedgerEntry]()
        var position: Int64 = 0
        while let rows = try await next(store, behind: position, chain) {
            entries += rows.compactMap(\.entry).filter { $0.payment == payment }
            position = rows.last?.position ?? position
        }
        return entries
    }

    private static func next(_ store: any Store, behind position: Int64, _ chain: String) async throws -> [LedgerRow]? {
        let rows = try await store.books.rows(of: chain, after: position, limit: 100)
        return rows.isEmpty ? nil : rows
    }

    func quotesAreBooked(_ store: any Store) async throws {
        var issued = Self.issued()
        issued.quote = ExchangeID(UInt64.random(in: 1 ... .max))
        issued.conversion = "0.02 USD at 97000 USD of 'a', \"b\""
        let payment = issued.invoice.paymentHash
        store.note(issued)
        store.note(issued)
        try await store.flush()
        try expect(try await store.invoice(payment), issued, "the invoice with its quote")
        let expected = LedgerEntry(
            .quote,
            of: issued.invoice.amount,
            payment: payment,
            at: issued.issuedAt,
            service: issued.service,
            route: issued.route,
            quote: issued.quote,
            detail: issued.conversion ?? ""
        )
        let found = try await Self.entries(store, of: payment, in: LedgerChain.quotes)
        try expect(found, [expected], "the quotes of an invoice that was noted twice")
    }

    func claimsAreBooked(_ store: any Store) async throws {
        var issued = Self.issued()
        issued.quote = ExchangeID(UInt64.random(in: 1 ... .max))
        let payment = issued.invoice.paymentHash
        store.note(issued)
        let credential = CredentialID(.random())
        _ = try await store.claim(payment, for: "a", by: credential)
        _ = try await store.claim(payment, for: "a", by: credential)
        _ = try await store.claim(payment, for: "b", by: CredentialID(.random()))
        _ = try await store.move(payment, from: "a", to: "c")
        _ = try await store.move(payment, from: "a", to: "c")
        _ = try await store.release(payment, for: "c")
        _ = try await store.release(payment, for: "c")
        let found = try await Self.entries(store, of: payment)
        try expect(
            found.map(\.kind),
            [.claim, .move, .release],
            "what is booked of a claim that was moved and released"
        )
        try expect(found.map(\.detail), ["a", "c", "c"], "the purposes")
        for entry in found {
            try expect(entry.amount, issued.invoice.amount, "the amount of what is claimed")
            try expect(entry.credential, credential, "the credential that claimed it")
            try expect(entry.quote, issued.quote, "the quote that it was asked for by")
            try expect(entry.service, issued.service, "its service")
            try expect(entry.route, issued.route, "its route")
        }
    }

    func settlementsAreBooked(_ store: any Store) async throws {
        let issued = Self.issued()
        let payment = issued.invoice.paymentHash
        store.note(issued)
        _ = try await store.settle(payment, at: Self.time)
        _ = try await store.settle(payment, at: Self.time)
        _ = try await store.settle(Self.payment, at: Self.time)
        let found = try await Self.entries(store, of: payment)
        try expect(found.map(\.kind), [.settlement], "what is booked of an invoice that was settled twice")
        try expect(found.map(\.amount), [issued.invoice.amount], "its amount")
        try expect(found.map(\.time), [Self.time], "its time")
        let quotes = try await Self.entries(store, of: payment, in: LedgerChain.quotes)
        try expect(quotes.count, 1, "quotes of an invoice that was settled before it was written")
    }

    func sessionsAreBooked(_ store: any Store) async throws {
        let session = Self.session(deposit: 100, spent: 10)
        let (ledger, topUp) = (store.sessions, Self.payment)
        let opening = SessionAction(
            challenge: .random(),
            fingerprint: .random(),
            end: Self.start.advanced(by: .seconds(600)),
            route: "a route"
        )
        _ = try await ledger.open(session, by: opening)
        _ = try await ledger.open(session, by: opening)
        _ = try await ledger.credit(Self.sats(50), of: topUp, to: session.id, by: Self.action(), at: Self.start)
        _ = try await ledger.take([
            SessionTaking(session: session.id, amount: Self.sats(30), time: Self.start),
            SessionTaking(session: session.id, amount: Self.sats(1_000), time: Self.start),
        ])
        _ = try await ledger.giveBack(Self.sats(5), to: session.id, by: Self.action())
        _ = try await ledger.close(session.id, by: Self.action(), at: Self.start, retryAt: Self.start)
        _ = try await ledger.endRefund(session.id, .failed(retryAt: Self.start))
        _ = try await ledger.endRefund(session.id, .paid(cost: Self.sats(1)))
        let found = try await Self.entries(store, of: session.id)
        try expect(
            found.map(\.kind),
            [.credit, .debit, .debit, .giveBack, .close, .refund],
            "what is booked of a session"
        )
        try expect(found.map(\.amount), [100, 10, 30, 5, 115, 115].map(Self.sats), "the amounts")
        try expect(found.map(\.route), ["a route", "a route", "", "", "", ""], "the routes")
        for entry in found {
            try expect(entry.service, session.service, "the service of a session")
            try expect(entry.credential, CredentialID(session.id.bytes), "the credential of a session")
        }
        let credited = try await Self.entries(store, of: topUp)
        try expect(credited.map(\.kind), [.credit], "what is booked of a top-up")
        try expect(credited.map(\.amount), [Self.sats(50)], "its amount")
    }

    func bundlesAreBooked(_ store: any Store) async throws {
        var issued = Self.issued()
        issued.quote = ExchangeID(UInt64.random(in: 1 ... .max))
        let payment = issued.invoice.paymentHash
        store.note(issued)
        let bundle = MeterBundle(capacity: Self.sats(10))
        let (used, unused) = (Self.reservation(of: payment, 4_000), Self.reservation(of: payment, 4_000))
        // Of what the meter itself keeps account of, the store knows no debit.
        let foreign = Self.reservation(of: payment, 4_000)
        _ = try await store.meters.reserve([(used, bundle), (unused, bundle), (foreign, nil)], lease: Self.start)
        _ = try await store.meters.settle([(used.id, Self.sats(3)), (unused.id, .zero), (foreign.id, Self.sats(5))])
        _ = try await store.meters.settle([(used.id, Self.sats(3))])
        let found = try await Self.entries(store, of: payment)
        try expect(found.map(\.kind), [.debit], "what is booked of a bundle")
        try expect(found.map(\.amount), [Self.sats(3)], "what a request has cost")
        try expect(found.map(\.service), [used.service], "its service")
        try expect(found.map(\.route), [used.route], "its route")
        try expect(found.map(\.credential), [used.credential], "by what it was let through")
        try expect(found.map(\.quote), [issued.quote], "the quote that the bundle was asked for by")
        let ruled = Self.reservation(of: payment, 1_000)
        _ = try await store.meters.reserve([(ruled, bundle)], lease: Self.start)
        let isFirst = try await store.meters.settle(ruled.id, cost: .zero, because: "a reason")
        let isSecond = try await store.meters.settle(ruled.id, cost: .zero, because: "a reason")
        try expect([isFirst, isSecond], [true, false], "what is settled by a rule")
        let all = try await Self.entries(store, of: payment)
        try expect(all.map(\.amount), [Self.sats(3), .zero], "what is booked then")
        try expect(all.last?.detail.hasSuffix("a reason"), true, "why")
    }

    func chainsHaveOneOrder(_ store: any Store) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask { _ = try await store.claim(Self.payment, for: "a", by: nil) }
            }
            try await group.waitForAll()
        }
        for chain in try await store.books.chains() {
            var position = chain.start
            while let rows = try await Self.next(store, behind: position, chain.name) {
                for row in rows {
                    try expect(row.position, position + 1, "the position behind \(position)")
                    try expect(row.chain, chain.name, "the chain of a row")
                    position = row.position
                }
            }
            try expect(position >= chain.end, true, "whether the last row is there")
        }
    }

    func bookBefore(_ store: any Store) async throws -> PaymentHash {
        let payment = Self.payment
        _ = try await store.claim(payment, for: "a")
        return payment
    }

    func bookAfter(_ store: any Store, _ payment: PaymentHash) async throws {
        let found = try await Self.entries(store, of: payment)
        try expect(found.map(\.kind), [.claim], "what is booked after reopening")
    }
}
