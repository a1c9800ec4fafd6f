internal import GatewayKit

extension StoreConformance {
    /// Beginning at a whole millisecond, which is what stores keep.
    static var start: WallTime { time }

    static func sats(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    static func action() -> SessionAction {
        SessionAction(challenge: .random(), fingerprint: .random(), end: start.advanced(by: .seconds(600)))
    }

    static func session(
        _ id: PaymentHash = payment,
        deposit: UInt64 = 100,
        spent: UInt64 = 0,
        secretHash: Bytes32? = nil
    ) -> Session {
        Session(
            id: id,
            service: "a sérvice 'with' \"marks\"; --",
            price: sats(10),
            deposit: sats(deposit),
            spent: sats(spent),
            returnInvoice: "lnbcrt1\(id)",
            returnPayment: payment,
            refundFee: RefundFee(base: sats(3), partsPerMillion: 5_000),
            secretHash: secretHash,
            idleTimeout: .seconds(300),
            openedAt: start
        )
    }

    func opened(_ store: any Store, deposit: UInt64 = 100, spent: UInt64 = 0) async throws -> Session {
        let session = Self.session(deposit: deposit, spent: spent)
        try expect(try await store.sessions.open(session, by: Self.action()), .done(session), "opening")
        return session
    }

    // MARK: Opening

    func sessionsRoundTrip(_ store: any Store) async throws {
        for session in [Self.session(), Self.session(deposit: 1_000, spent: 10, secretHash: .random())] {
            let opened = try await store.sessions.open(session, by: Self.action())
            try expect(opened, .done(session), "opening")
            try expect(try await store.sessions.session(session.id), session, "a session that was opened")
        }
        try expect(try await store.sessions.session(Self.payment), nil, "a session that nobody opened")
    }

    func depositsAreTakenOnce(_ store: any Store) async throws {
        let payment = Self.payment
        let changes = try await withThrowingTaskGroup(of: SessionChange.self) { group in
            for _ in 0..<16 {
                group.addTask { try await store.sessions.open(Self.session(payment), by: Self.action()) }
            }
            return try await group.reduce(into: [SessionChange]()) { $0.append($1) }
        }
        try expect(changes.count { if case .done = $0 { true } else { false } }, 1, "openings of 16 with one payment")
        try expect(changes.count { $0 == .foreignPayment }, 15, "the others")
        try expect(try await store.claim(payment, for: "mpp/charge"), .foreign, "a claim of a deposit")
        let other = try await opened(store)
        try expect(
            try await store.sessions.credit(
                Self.sats(100),
                of: payment,
                to: other.id,
                by: Self.action(),
                at: Self.start
            ),
            .foreignPayment,
            "a deposit as the top-up of another session"
        )
        try expect(try await store.sessions.session(other.id), other, "that session")
        let charged = Self.payment
        try expect(try await store.claim(charged, for: "mpp/charge"), .first, "the claim of a charge")
        try expect(
            try await store.sessions.open(Self.session(charged), by: Self.action()),
            .foreignPayment,
            "opening with a charge's payment"
        )
        try expect(try await store.sessions.session(charged), nil, "the session after that")
    }

    func returnInvoicesAreTakenOnce(_ store: any Store) async throws {
        let first = try await opened(store)
        var second = Self.session()
        second = Session(
            id: second.id,
            service: second.service,
            price: second.price,
            deposit: second.deposit,
            spent: second.spent,
            returnInvoice: first.returnInvoice,
            returnPayment: first.returnPayment,
            refundFee: second.refundFee,
            secretHash: nil,
            idleTimeout: second.idleTimeout,
            openedAt: second.openedAt
        )
        try expect(
            try await store.sessions.open(second, by: Self.action()),
            .returnInvoiceUsed,
            "opening with another session's return invoice"
        )
        try expect(try await store.claim(second.id), true, "a claim of the payment that opened nothing")
    }

    // MARK: Spending

    func sessionsAreNeverOverdrawn(_ store: any Store) async throws {
        let session = try await opened(store, deposit: 205, spent: 5)
        let taken = try await withThrowingTaskGroup(of: [SessionChange].self) { group in
            for number in 0..<24 {
                let takings = (0..<(number % 3)).map { _ in
                    SessionTaking(session: session.id, amount: Self.sats(10), time: Self.start, action: nil)
                }
                let single = SessionTaking(
                    session: session.id,
                    amount: Self.sats(10),
                    time: Self.start,
                    action: Self.action()
                )
                group.addTask { try await store.sessions.take(takings + [single]) }
            }
            return try await group.reduce(into: [SessionChange]()) { $0 += $1 }
        }
        try expect(taken.count, 48, "answers")
        try expect(taken.count { if case .done = $0 { true } else { false } }, 20, "amounts of 10 taken from 200")
        let kept = try await store.sessions.session(session.id)
        try expect(kept?.spent, Self.sats(205), "what was spent")
        try expect(kept?.deposit, Self.sats(205), "what was deposited")
        try expect(
            try await store.sessions.take([
                SessionTaking(session: session.id, amount: Amount(millisatoshis: 1), time: Self.start),
                SessionTaking(session: Self.payment, amount: Amount(millisatoshis: 1), time: Self.start),
            ]),
            [kept.map { .insufficient($0) } ?? .unknown, .unknown],
            "taking from what is used up, and from what is not there"
        )
        let huge = SessionTaking(session: session.id, amount: Amount(millisatoshis: .max), time: Self.start)
        try expect(
            try await store.sessions.take([huge]),
            [kept.map { .insufficient($0) } ?? .unknown],
            "taking more than there can be"
        )
    }

    func amountsAreGivenBack(_ store: any Store) async throws {
        let session = try await opened(store, spent: 20)
        let ledger = store.sessions
        let action = Self.action()
        var given = session
        given.spent = Self.sats(10)
        try expect(try await ledger.giveBack(Self.sats(10), to: session.id, by: action), .done(given), "giving back")
        try expect(
            try await ledger.giveBack(Self.sats(10), to: session.id, by: action),
            .repeated(given, answer: nil),
            "the same again"
        )
        try expect(try await ledger.session(session.id), given, "the session then")
        try expect(
            try await ledger.giveBack(Self.sats(11), to: session.id, by: Self.action()),
            .insufficient(given),
            "giving back more than was spent"
        )
        try expect(
            try await ledger.giveBack(Self.sats(1), to: Self.payment, by: Self.action()),
            .unknown,
            "giving back to nobody"
        )
        _ = try await ledger.close(session.id, by: Self.action(), at: Self.start, retryAt: Self.start)
        let late = try await ledger.giveBack(Self.sats(10), to: session.id, by: Self.action())
        guard case .ended = late else { throw ConformanceFailure("giving back after the end: \(late)") }
        try expect(try await ledger.session(session.id)?.spent, Self.sats(10), "what is spent after all that")
    }

    func sessionsAreToppedUp(_ store: any Store) async throws {
        let ledger = store.sessions
        let session = try await opened(store)
        let (payment, action) = (Self.payment, Self.action())
        let later = Self.start.advanced(by: .seconds(7))
        var richer = session
        richer.deposit = Self.sats(150)
        richer.usedAt = later
        try expect(
            try await ledger.credit(Self.sats(50), of: payment, to: session.id, by: action, at: later),
            .done(richer),
            "a top-up"
        )
        try expect(
            try await ledger.credit(Self.sats(50), of: payment, to: session.id, by: action, at: later),
            .repeated(richer, answer: nil),
            "the same again"
        )
        try expect(
            try await ledger.credit(Self.sats(50), of: payment, to: session.id, by: Self.action(), at: later),
            .foreignPayment,
            "the same payment by another credential"
        )
        try expect(try await store.claim(payment), false, "a claim of that payment")
        try expect(try await ledger.session(session.id), richer, "the session after all that")
        let unused = Self.payment
        try expect(
            try await ledger.credit(Self.sats(50), of: unused, to: Self.payment, by: Self.action(), at: later),
            .unknown,
            "a top-up of nothing"
        )
        _ = try await ledger.close(session.id, by: Self.action(), at: later, retryAt: later)
        let ended = try await ledger.credit(Self.sats(50), of: unused, to: session.id, by: Self.action(), at: later)
        guard case .ended = ended else { throw ConformanceFailure("a top-up of what has ended: \(ended)") }
        try expect(try await store.claim(unused), true, "a claim of a payment that added to nothing")
    }

    func actionsHappenOnce(_ store: any Store) async throws {
        let ledger = store.sessions
        let action = Self.action()
        let other = SessionAction(challenge: action.challenge, fingerprint: .random(), end: action.end)
        let session = Self.session()
        try expect(try await ledger.open(session, by: action), .done(session), "opening")
        try expect(try await ledger.open(session, by: action), .repeated(session, answer: nil), "opening again")
        try expect(try await ledger.open(session, by: other), .challengeUsed, "opening with the same challenge")
        let taking = SessionTaking(session: session.id, amount: Self.sats(1), time: Self.start, action: Self.action())
        let takings = try await withThrowingTaskGroup(of: SessionChange.self) { group in
            for _ in 0..<16 { group.addTask { try await ledger.take([taking])[0] } }
            return try await group.reduce(into: [SessionChange]()) { $0.append($1) }
        }
        try expect(takings.count { if case .done = $0 { true } else { false } }, 1, "takings of 16 that are one")
        try expect(takings.count { if case .repeated = $0 { true } else { false } }, 15, "the others")
        try expect(try await ledger.session(session.id)?.spent, Self.sats(1), "what was spent")
        try expect(
            try await ledger.take([SessionTaking(session: session.id, amount: .zero, time: Self.start, action: other)]),
            [.challengeUsed],
            "taking with a challenge that opened"
        )
        let closing = Self.action()
        let ended = try await ledger.close(session.id, by: closing, at: Self.start, retryAt: Self.start)
        guard case .done(let closed) = ended else { throw ConformanceFailure("closing: \(ended)") }
        try expect(
            try await ledger.close(session.id, by: closing, at: Self.start, retryAt: Self.start),
            .repeated(closed, answer: nil),
            "closing again"
        )
        try expect(try await ledger.answer("é", to: closing), "é", "noting what was answered")
        try expect(try await ledger.answer("other", to: closing), "é", "noting something else")
        try expect(try await ledger.answer("other", to: other), nil, "noting it for a credential that did nothing")
        try expect(
            try await ledger.close(session.id, by: closing, at: Self.start, retryAt: Self.start),
            .repeated(closed, answer: "é"),
            "closing again after that"
        )
        try expect(
            try await ledger.close(session.id, by: Self.action(), at: Self.start, retryAt: Self.start),
            .ended(closed),
            "closing with another credential"
        )
    }

    func actionsAreForgotten(_ store: any Store) async throws {
        let ledger = store.sessions
        // Long ago: those of other checks are not.
        let end = Self.start.advanced(by: .seconds(-3_600))
        let action = SessionAction(challenge: .random(), fingerprint: .random(), end: end)
        let session = Self.session()
        try expect(try await ledger.open(session, by: action), .done(session), "opening")
        try await ledger.forgetActions(before: end)
        try expect(
            try await ledger.open(session, by: action),
            .repeated(session, answer: nil),
            "what is not old enough"
        )
        try await ledger.forgetActions(before: end.advanced(by: .milliseconds(1)))
        try expect(try await ledger.open(session, by: action), .foreignPayment, "what was forgotten")
        try expect(try await ledger.session(session.id), session, "the session after that")
    }
}
