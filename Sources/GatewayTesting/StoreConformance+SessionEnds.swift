internal import GatewayKit

extension StoreConformance {
    func sessionsEndOnce(_ store: any Store) async throws {
        let ledger = store.sessions
        let session = try await opened(store, spent: 30)
        let later = Self.start.advanced(by: .seconds(60))
        let changes = try await withThrowingTaskGroup(of: SessionChange.self) { group in
            for _ in 0..<16 {
                group.addTask { try await ledger.close(session.id, by: Self.action(), at: Self.start, retryAt: later) }
            }
            return try await group.reduce(into: [SessionChange]()) { $0.append($1) }
        }
        var ended = session
        ended.state = .closing
        ended.ending = .client
        ended.closedAt = Self.start
        ended.refundAttempts = 1
        ended.refundDueAt = later
        try expect(changes.count { $0 == .done(ended) }, 1, "ends of 16")
        try expect(changes.count { $0 == .ended(ended) }, 15, "the others")
        try expect(try await ledger.session(session.id), ended, "the session")
        try expect(ended.rest, Self.sats(70), "what is left")
        try expect(
            try await ledger.take([SessionTaking(session: session.id, amount: Self.sats(1), time: Self.start)]),
            [.ended(ended)],
            "taking after the end"
        )
        let used = try await opened(store, spent: 100)
        let end = try await ledger.close(used.id, by: Self.action(), at: Self.start, retryAt: later)
        guard case .done(let closed) = end else { throw ConformanceFailure("closing what is used up: \(end)") }
        try expect(closed.state, .closed, "its state")
        try expect(closed.refundDueAt, nil, "when its refund is due")
    }

    func refundsAreReserved(_ store: any Store) async throws {
        let ledger = store.sessions
        let session = try await opened(store, spent: 30)
        let due = Self.start.advanced(by: .seconds(60))
        let next = due.advanced(by: .seconds(60))
        try expect(try await ledger.beginRefund(session.id, at: due, retryAt: next), nil, "a refund of what is open")
        _ = try await ledger.close(session.id, by: Self.action(), at: Self.start, retryAt: due)
        let early = due.advanced(by: .milliseconds(-1))
        try expect(try await ledger.beginRefund(session.id, at: early, retryAt: next), nil, "a refund before its time")
        let begun = try await withThrowingTaskGroup(of: Session?.self) { group in
            for _ in 0..<16 { group.addTask { try await ledger.beginRefund(session.id, at: due, retryAt: next) } }
            return try await group.reduce(into: [Session]()) { if let session = $1 { $0.append(session) } }
        }
        try expect(begun.count, 1, "refunds of 16 that were begun")
        try expect(begun.first?.refundAttempts, 2, "attempts")
        let failed = try await ledger.endRefund(session.id, .failed(retryAt: due))
        try expect(failed?.refundDueAt, due, "when it is due after it failed")
        try expect(try await ledger.endRefund(session.id, .givenUp)?.state, .givenUp, "what was given up")
        try expect(try await ledger.endRefund(session.id, .failed(retryAt: due)), nil, "failing after that")
        try expect(try await ledger.beginRefund(session.id, at: next, retryAt: next), nil, "a refund after that")
        let paid = try await ledger.endRefund(session.id, .paid(cost: Self.sats(1)))
        try expect(paid?.state, .closed, "what was paid in the end")
        try expect(paid?.refunded, Self.sats(70), "how much")
        try expect(paid?.refundCost, Self.sats(1), "what it cost")
        try expect(try await ledger.endRefund(session.id, .paid(cost: .zero)), nil, "paying it twice")
    }

    func idleSessionsEnd(_ store: any Store) async throws {
        let ledger = store.sessions
        let sessions = [try await opened(store), try await opened(store), try await opened(store)]
        let (idle, touched, spending) = (sessions[0].id, sessions[1].id, sessions[2].id)
        let later = Self.start.advanced(by: .seconds(200))
        try await ledger.touch([touched, Self.payment], at: later)
        try await ledger.touch([touched], at: Self.start)
        _ = try await ledger.take([SessionTaking(session: spending, amount: Self.sats(10), time: later)])
        let end = Self.start.advanced(by: .seconds(300))
        let retry = end.advanced(by: .seconds(60))
        func due(at time: WallTime) async throws -> [PaymentHash] {
            try await ledger.due(at: time, limit: .max).map(\.id).filter { sessions.map(\.id).contains($0) }
        }
        try expect(try await due(at: end.advanced(by: .milliseconds(-1))), [], "what is idle before its time")
        try expect(try await due(at: end), [idle], "what is idle")
        try expect(
            try await ledger.end(touched, .idle, at: end, retryAt: retry),
            nil,
            "ending what was used since"
        )
        let ended = try await ledger.end(idle, .idle, at: end, retryAt: retry)
        try expect(ended?.state, .closing, "the state of what was idle")
        try expect(ended?.ending, .idle, "why it ended")
        try expect(try await ledger.end(idle, .idle, at: end, retryAt: retry), nil, "ending it twice")
        try expect(try await due(at: end), [], "what is due while somebody pays back")
        try expect(try await due(at: retry), [idle], "what is due when nobody did")
        _ = try await ledger.endRefund(idle, .paid(cost: .zero))
        let timedOut = try await opened(store)
        let early = try await ledger.end(timedOut.id, .timeout, at: Self.start, retryAt: retry)
        try expect(early?.ending, .timeout, "why a session ended that was in use")
        try expect(try await ledger.end(timedOut.id, .timeout, at: Self.start, retryAt: retry), nil, "ending it twice")
        let last = later.advanced(by: .seconds(300))
        try expect(Set(try await due(at: last)), [touched, spending], "what is idle at last")
        try expect(try await ledger.due(at: last, limit: 1).count, 1, "how many of them were asked for")
    }

    func sessionBefore(_ store: any Store) async throws -> Session {
        let session = try await opened(store, spent: 30)
        _ = try await store.sessions.take([
            SessionTaking(session: session.id, amount: Self.sats(10), time: Self.start, action: nil)
        ])
        _ = try await store.sessions.close(session.id, by: Self.action(), at: Self.start, retryAt: Self.start)
        guard let kept = try await store.sessions.session(session.id) else {
            throw ConformanceFailure("the session is not there")
        }
        return kept
    }

    func sessionAfter(_ store: any Store, _ session: Session) async throws {
        try expect(session.spent, Self.sats(40), "what was spent")
        try expect(try await store.sessions.session(session.id), session, "the session after reopening")
        try expect(try await store.claim(session.id), false, "a claim of its deposit")
        let begun = try await store.sessions.beginRefund(session.id, at: Self.start, retryAt: Self.start)
        try expect(begun?.refundAttempts, 2, "attempts to pay back after reopening")
    }
}
