internal import GRDB
internal import GatewayKit

/// Sessions in a SQLite file. Each call is one transaction, which locks the file for writing from its beginning: what it
/// reads is what it changes.
struct SQLiteSessionLedger: SessionLedger {
    let store: SQLiteStore

    func open(_ session: Session, by action: SessionAction) async throws -> SessionChange {
        try await store.write { db in
            if let earlier = try SessionActionRow.earlier(action, db) { return earlier }
            let claims = "SELECT count(*) FROM claims WHERE payment = ?"
            guard try Int.fetchOne(db, sql: claims, arguments: [session.id.bytes.data]) == 0 else {
                return .foreignPayment
            }
            let returns = "SELECT count(*) FROM sessions WHERE returnPayment = ?"
            guard try Int.fetchOne(db, sql: returns, arguments: [session.returnPayment.bytes.data]) == 0 else {
                return .returnInvoiceUsed
            }
            try SessionRow.insert(session, db)
            guard try claim(session.id, of: session.deposit, for: session.id, at: session.openedAt, db) else {
                throw StoreFailure("a payment was claimed meanwhile")
            }
            try SessionActionRow.insert(action, of: session.id, db)
            try store.book(LedgerEntry.opening(session, by: action), db)
            return .done(session)
        }
    }

    func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime
    ) async throws -> SessionChange {
        try await store.write { db in
            if let earlier = try SessionActionRow.earlier(action, db) { return earlier }
            guard var changed = try SessionRow.fetch(session, db) else { return .unknown }
            guard changed.credit(amount, at: time) else { return .ended(changed) }
            guard try claim(payment, of: amount, for: session, at: time, db) else { return .foreignPayment }
            try SessionRow.noteUse(changed, db)
            try SessionActionRow.insert(action, of: session, db)
            let entry = LedgerEntry(
                .credit,
                of: amount,
                changed,
                payment: payment,
                at: time,
                route: action.route,
                detail: "top-up of \(session)"
            )
            try store.book([entry], db)
            return .done(changed)
        }
    }

    /// Takes a payment in the ledger that all schemes share.
    private func claim(
        _ payment: PaymentHash,
        of amount: Amount,
        for session: PaymentHash,
        at time: WallTime,
        _ db: Database
    ) throws -> Bool {
        try db.execute(
            sql: "INSERT INTO claims (payment, purpose) VALUES (?, ?) ON CONFLICT (payment) DO NOTHING",
            arguments: [payment.bytes.data, Self.purpose]
        )
        guard db.changesCount == 1 else { return false }
        try db.execute(
            sql: "INSERT INTO sessionDeposits (payment, session, amount, receivedAt) VALUES (?, ?, ?, ?)",
            arguments: [payment.bytes.data, session.bytes.data, try SessionRow.column(amount), time.milliseconds]
        )
        return true
    }

    func take(_ takings: [SessionTaking]) async throws -> [SessionChange] {
        try await store.write { db in
            var entries = [LedgerEntry]()
            let changes: [SessionChange] = try takings.map { taking in
                if let action = taking.action, let earlier = try SessionActionRow.earlier(action, db) { return earlier }
                guard var session = try SessionRow.fetch(taking.session, db) else { return .unknown }
                guard session.take(taking.amount, at: taking.time) else {
                    return session.state == .open ? .insufficient(session) : .ended(session)
                }
                try SessionRow.noteUse(session, db)
                if let action = taking.action { try SessionActionRow.insert(action, of: session.id, db) }
                let route = taking.action?.route ?? ""
                entries.append(LedgerEntry(.debit, of: taking.amount, session, at: taking.time, route: route))
                return .done(session)
            }
            try store.book(entries, db)
            return changes
        }
    }

    func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) async throws -> SessionChange {
        try await store.write { db in
            if let earlier = try SessionActionRow.earlier(action, db) { return earlier }
            guard var changed = try SessionRow.fetch(session, db) else { return .unknown }
            guard changed.giveBack(amount) else {
                return changed.state == .open ? .insufficient(changed) : .ended(changed)
            }
            try SessionRow.noteUse(changed, db)
            try SessionActionRow.insert(action, of: session, db)
            try store.book([LedgerEntry(.giveBack, of: amount, changed, at: store.now, route: action.route)], db)
            return .done(changed)
        }
    }

    func touch(_ sessions: [PaymentHash], at time: WallTime) async throws {
        try await store.write { db in
            for id in sessions {
                guard var session = try SessionRow.fetch(id, db), session.state == .open else { continue }
                session.use(at: time)
                try SessionRow.noteUse(session, db)
            }
        }
    }

    // MARK: Ending

    func close(
        _ session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> SessionChange {
        try await store.write { db in
            if let earlier = try SessionActionRow.earlier(action, db) { return earlier }
            guard var ended = try SessionRow.fetch(session, db) else { return .unknown }
            guard ended.end(.client, at: time, retryAt: retryAt) else { return .ended(ended) }
            try SessionRow.noteEnd(ended, db)
            try SessionActionRow.insert(action, of: session, db)
            try store.book([.close(ended, at: time, route: action.route)], db)
            return .done(ended)
        }
    }

    func end(
        _ session: PaymentHash,
        _ ending: Session.Ending,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> Session? {
        try await store.write { db in
            guard var ended = try SessionRow.fetch(session, db), ended.end(ending, at: time, retryAt: retryAt) else {
                return nil
            }
            try SessionRow.noteEnd(ended, db)
            try store.book([.close(ended, at: time)], db)
            return ended
        }
    }

    func answer(_ answer: String, to action: SessionAction) async throws -> String? {
        try await store.write { db in
            try db.execute(
                sql: "UPDATE sessionActions SET answer = coalesce(answer, ?) WHERE challenge = ? AND fingerprint = ?",
                arguments: [answer, action.challenge.data, action.fingerprint.data]
            )
            return try String.fetchOne(
                db,
                sql: "SELECT answer FROM sessionActions WHERE challenge = ? AND fingerprint = ?",
                arguments: [action.challenge.data, action.fingerprint.data]
            )
        }
    }

    func session(_ id: PaymentHash) async throws -> Session? {
        try await store.read { try SessionRow.fetch(id, $0) }
    }

    // MARK: Refunds

    func due(at time: WallTime, limit: Int) async throws -> [Session] {
        try await store.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM (
                        SELECT *, idleAt AS dueAt FROM sessions WHERE state = 'open' AND idleAt <= ?
                        UNION ALL
                        SELECT *, refundDueAt AS dueAt FROM sessions WHERE state = 'closing' AND refundDueAt <= ?
                    ) ORDER BY dueAt LIMIT ?
                    """,
                arguments: [time.milliseconds, time.milliseconds, limit]
            ).map(SessionRow.session)
        }
    }

    func beginRefund(_ session: PaymentHash, at time: WallTime, retryAt: WallTime) async throws -> Session? {
        try await store.write { db in
            guard var begun = try SessionRow.fetch(session, db), begun.beginRefund(at: time, retryAt: retryAt) else {
                return nil
            }
            try SessionRow.noteEnd(begun, db)
            return begun
        }
    }

    func endRefund(_ session: PaymentHash, _ outcome: RefundOutcome) async throws -> Session? {
        try await store.write { db in
            guard var ended = try SessionRow.fetch(session, db), ended.endRefund(outcome) else { return nil }
            try SessionRow.noteEnd(ended, db)
            if let entry = LedgerEntry.refund(ended, outcome, at: store.now) { try store.book([entry], db) }
            return ended
        }
    }

    func forgetActions(before time: WallTime) async throws {
        try await store.write { db in
            try db.execute(sql: "DELETE FROM sessionActions WHERE endAt < ?", arguments: [time.milliseconds])
        }
    }
}
