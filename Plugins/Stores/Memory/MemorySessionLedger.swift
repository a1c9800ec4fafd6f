internal import GatewayKit

/// Sessions in memory.
struct MemorySessionLedger: SessionLedger {
    let store: MemoryStore

    func open(_ session: Session, by action: SessionAction) async throws -> SessionChange {
        store.withBookedSessions { sessions, claims, entries in
            let change = sessions.open(session, by: action, &claims)
            if case .done(let opened) = change { entries += LedgerEntry.opening(opened, by: action) }
            return change
        }
    }

    func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime
    ) async throws -> SessionChange {
        store.withBookedSessions { sessions, claims, entries in
            let change = sessions.credit(amount, of: payment, to: session, by: action, at: time, &claims)
            if case .done(let richer) = change {
                entries.append(
                    LedgerEntry(
                        .credit,
                        of: amount,
                        richer,
                        payment: payment,
                        at: time,
                        route: action.route,
                        detail: "top-up of \(session)"
                    )
                )
            }
            return change
        }
    }

    func take(_ takings: [SessionTaking]) async throws -> [SessionChange] {
        store.withBookedSessions { sessions, _, entries in
            var changes = [SessionChange]()
            for taking in takings {
                let change = sessions.take(taking)
                changes.append(change)
                guard case .done(let session) = change else { continue }
                let route = taking.action?.route ?? ""
                entries.append(LedgerEntry(.debit, of: taking.amount, session, at: taking.time, route: route))
            }
            return changes
        }
    }

    func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) async throws -> SessionChange {
        let now = store.time.now()
        return store.withBookedSessions { sessions, _, entries in
            let change = sessions.giveBack(amount, to: session, by: action)
            if case .done(let richer) = change {
                entries.append(LedgerEntry(.giveBack, of: amount, richer, at: now, route: action.route))
            }
            return change
        }
    }

    func touch(_ sessions: [PaymentHash], at time: WallTime) async throws {
        store.withSessions { table, _ in
            for id in sessions {
                _ = table.change(id) { session in
                    guard session.state == .open else { return false }
                    session.use(at: time)
                    return true
                }
            }
        }
    }

    func close(
        _ session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> SessionChange {
        store.withBookedSessions { sessions, _, entries in
            let change = sessions.close(session, by: action, at: time, retryAt: retryAt)
            if case .done(let ended) = change { entries.append(.close(ended, at: time, route: action.route)) }
            return change
        }
    }

    func end(
        _ session: PaymentHash,
        _ ending: Session.Ending,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> Session? {
        store.withBookedSessions { sessions, _, entries in
            let ended = sessions.change(session) { $0.end(ending, at: time, retryAt: retryAt) }
            if let ended { entries.append(.close(ended, at: time)) }
            return ended
        }
    }

    func answer(_ answer: String, to action: SessionAction) async throws -> String? {
        store.withSessions { sessions, _ in sessions.answer(answer, to: action) }
    }

    func session(_ id: PaymentHash) async throws -> Session? {
        store.withSessions { sessions, _ in sessions.session(id) }
    }

    func due(at time: WallTime, limit: Int) async throws -> [Session] {
        store.withSessions { sessions, _ in sessions.due(at: time, limit: limit) }
    }

    func beginRefund(_ session: PaymentHash, at time: WallTime, retryAt: WallTime) async throws -> Session? {
        store.withSessions { sessions, _ in sessions.change(session) { $0.beginRefund(at: time, retryAt: retryAt) } }
    }

    func endRefund(_ session: PaymentHash, _ outcome: RefundOutcome) async throws -> Session? {
        let now = store.time.now()
        return store.withBookedSessions { sessions, _, entries in
            let ended = sessions.change(session) { $0.endRefund(outcome) }
            if let ended, let entry = LedgerEntry.refund(ended, outcome, at: now) { entries.append(entry) }
            return ended
        }
    }

    func forgetActions(before time: WallTime) async throws {
        store.withSessions { sessions, _ in sessions.forgetActions(before: time) }
    }
}
