internal import GatewayKit

extension StoreConformance {
    static var payment: PaymentHash { PaymentHash(.random()) }
    /// Now: a store may forget invoices that ended long ago.
    static let time = TimeSource.system.now()

    static func issued(_ payment: PaymentHash = payment, state: IssuedInvoice.State = .open) -> IssuedInvoice {
        IssuedInvoice(
            invoice: Invoice(
                bolt11: "lnbcrt10n1\(payment)",
                paymentHash: payment,
                amount: Amount(millisatoshis: 10_001),
                expiresAt: time.advanced(by: .seconds(600)),
                node: "nöde"
            ),
            service: "a sérvice 'with' \"marks\"; --",
            route: "routes/é%_",
            issuedAt: time,
            state: state,
            settledAt: state == .settled ? time.advanced(by: .milliseconds(1)) : nil
        )
    }

    // MARK: Claims

    func claimIsTrueExactlyOnce(_ store: any Store) async throws {
        let payments = (0..<4).map { _ in Self.payment }
        let wins = try await withThrowingTaskGroup(of: (payment: PaymentHash, isFirst: Bool).self) { group in
            for number in 0..<64 * payments.count {
                let payment = payments[number % payments.count]
                group.addTask { (payment, try await store.claim(payment)) }
            }
            var wins = [PaymentHash: Int]()
            for try await claim in group where claim.isFirst {
                wins[claim.payment, default: 0] += 1
            }
            return wins
        }
        for payment in payments {
            try expect(wins[payment, default: 0], 1, "callers of 64 that were told true for one payment")
            try expect(try await store.claim(payment), false, "a claim after all of them")
        }
    }

    func claimsDoNotInterfere(_ store: any Store) async throws {
        let payment = Self.payment
        try expect(try await store.claim(payment), true, "the first claim")
        var neighbour = payment.bytes
        neighbour.withUnsafeMutableBytes { $0[31] ^= 1 }
        try expect(try await store.claim(PaymentHash(neighbour)), true, "a payment that differs in the last bit")
        try expect(try await store.claim(payment), false, "the second claim of the first payment")
        store.note(Self.issued(payment))
        try await store.flush()
        try expect(try await store.claim(payment), false, "a claim after its invoice was noted")
    }

    func claimsHaveAPurpose(_ store: any Store) async throws {
        let payment = Self.payment
        try expect(try await store.claim(payment, for: "a/é"), .first, "the first claim")
        try expect(try await store.claim(payment, for: "a/é"), .again, "a claim for the same purpose")
        try expect(try await store.claim(payment, for: "b"), .foreign, "a claim for another purpose")
        try expect(try await store.claim(payment), false, "a claim for no purpose")
    }

    func releasesAreExact(_ store: any Store) async throws {
        let payment = Self.payment
        try expect(try await store.release(payment, for: "a"), false, "releasing what nobody claimed")
        try expect(try await store.claim(payment, for: "a"), .first, "the first claim")
        try expect(try await store.release(payment, for: "b"), false, "releasing what is claimed for something else")
        try expect(try await store.claim(payment, for: "a"), .again, "a claim after that")
        let releases = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 { group.addTask { try await store.release(payment, for: "a") } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try expect(releases, 1, "callers of 16 that were told that they released it")
        let claims = try await withThrowingTaskGroup(of: Claim.self) { group in
            for _ in 0..<16 { group.addTask { try await store.claim(payment, for: "b") } }
            return try await group.reduce(0) { $0 + ($1 == .first ? 1 : 0) }
        }
        try expect(claims, 1, "callers of 16 that were told that they claimed it anew")
    }

    func movesAreExact(_ store: any Store) async throws {
        let payment = Self.payment
        try expect(try await store.purpose(of: payment), nil, "what nobody claimed is claimed for")
        try expect(try await store.move(payment, from: "a", to: "b"), false, "moving what nobody claimed")
        try expect(try await store.purpose(of: payment), nil, "whether moving has claimed it")
        try expect(try await store.claim(payment, for: "a"), .first, "the first claim")
        try expect(try await store.move(payment, from: "b", to: "c"), false, "moving from where it is not")
        try expect(try await store.purpose(of: payment), "a", "what it is claimed for after that")
        let moves = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                group.addTask { try await store.move(payment, from: "a", to: "b\(number)") }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try expect(moves, 1, "callers of 16 that were told that they moved it")
        let purpose = try await store.purpose(of: payment)
        try expect(purpose?.hasPrefix("b"), true, "whether it is claimed for what one of them said")
        try expect(try await store.claim(payment, for: "a"), .foreign, "a claim for what it was claimed for before")
        try expect(try await store.release(payment, for: purpose ?? ""), true, "releasing it")
        try expect(try await store.purpose(of: payment), nil, "what it is claimed for then")
    }

    func claimBefore(_ store: any Store) async throws -> PaymentHash {
        let payment = Self.payment
        try expect(try await store.claim(payment), true, "the first claim")
        return payment
    }

    func claimAfter(_ store: any Store, _ payment: PaymentHash) async throws {
        try expect(try await store.claim(payment), false, "the same claim after reopening")
    }

    // MARK: Invoices

    func invoicesRoundTrip(_ store: any Store) async throws {
        let open = Self.issued()
        let settled = Self.issued(state: .settled)
        var largest = Self.issued()
        largest.invoice = Invoice(
            bolt11: String(repeating: "q", count: 5_000),
            paymentHash: largest.invoice.paymentHash,
            amount: .maximum,
            expiresAt: WallTime(milliseconds: .max)
        )
        largest.issuedAt = WallTime(milliseconds: .min)
        for issued in [open, settled, largest] {
            store.note(issued)
        }
        try await store.flush()
        for issued in [open, settled, largest] {
            try expect(try await store.invoice(issued.invoice.paymentHash), issued, "a noted invoice")
        }
        try expect(try await store.invoice(Self.payment), nil, "an invoice that nobody noted")
    }

    func waitingInvoicesAreKnown(_ store: any Store) async throws {
        let issued = Self.issued()
        store.note(issued)
        try expect(try await store.invoice(issued.invoice.paymentHash), issued, "an invoice noted just now")
    }

    func notingTwiceChangesNothing(_ store: any Store) async throws {
        let issued = Self.issued()
        var other = issued
        other.service = "another"
        store.note(issued)
        store.note(other)
        try await store.flush()
        store.note(other)
        try await store.flush()
        try expect(try await store.invoice(issued.invoice.paymentHash), issued, "an invoice noted three times")
    }

    func notingDoesNotReopen(_ store: any Store) async throws {
        let issued = Self.issued()
        let payment = issued.invoice.paymentHash
        store.note(issued)
        try await store.flush()
        try expect(try await store.settle(payment, at: Self.time), true, "settling")
        store.note(issued)
        try expect(try await store.invoice(payment)?.state, .settled, "the state with the invoice noted again")
        try await store.flush()
        try expect(try await store.invoice(payment)?.state, .settled, "the state after that was written")
        try expect(try await store.settle(payment, at: Self.time), false, "settling after that")
    }

    func settlingIsTrueOnce(_ store: any Store) async throws {
        let issued = Self.issued()
        let payment = issued.invoice.paymentHash
        store.note(issued)
        try await store.flush()
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask { try await store.settle(payment, at: Self.time) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        try expect(wins, 1, "callers of 16 that were told that they settled it")
        try expect(
            try await store.settle(payment, at: Self.time.advanced(by: .seconds(1))),
            false,
            "settling it once more"
        )
        var settled = issued
        settled.state = .settled
        settled.settledAt = Self.time
        try expect(try await store.invoice(payment), settled, "the invoice, with the time of the first")
    }

    func settlingUnknownIsFalse(_ store: any Store) async throws {
        let payment = Self.payment
        try expect(try await store.settle(payment, at: Self.time), false, "settling what nobody noted")
        try expect(try await store.invoice(payment), nil, "the invoice after that")
    }

    func settlingBeforeFlushing(_ store: any Store) async throws {
        let issued = Self.issued()
        let payment = issued.invoice.paymentHash
        store.note(issued)
        try expect(try await store.settle(payment, at: Self.time), true, "settling an invoice noted just now")
        try await store.flush()
        try expect(try await store.invoice(payment)?.state, .settled, "its state after flushing")
        try expect(try await store.settle(payment, at: Self.time), false, "settling it again")
    }

    /// More than are written at once, and not flushed: stopping writes them.
    func noteBefore(_ store: any Store) async throws -> [IssuedInvoice] {
        let issued = (0..<600).map { _ in Self.issued() }
        for invoice in issued {
            store.note(invoice)
        }
        return issued
    }

    func noteAfter(_ store: any Store, _ issued: [IssuedInvoice]) async throws {
        for invoice in issued {
            try expect(try await store.invoice(invoice.invoice.paymentHash), invoice, "an invoice after reopening")
        }
    }
}
