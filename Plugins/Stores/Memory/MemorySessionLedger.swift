internal import GatewayKit

/// Sessions in memory.
struct MemorySessionLedger: SessionLedger {
    let store: MemoryStore

    func open(_ session: Session, by action: SessionAction) async throws -> SessionChange {
        store.withSessions { sessions, claims in sessions.open(session, by: action, &claims) }
    }

    func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime
    ) async throws -> SessionChange {
        store.withSessions { sessions, claims in
            sessions.credit(amount, of: payment, to: session, by: action, at: time, &claims)
        }
    }

    func take(_ takings: [SessionTaking]) async throws -> [SessionChange] {
        store.withSessions { sessions, _ in
            var changes = [SessionChange]()
            for taking in takings { changes.append(sessions.take(taking)) }
            return changes
        }
    }

    func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) async throws -> SessionChange {
        store.withSessions { sessions, _ in sessions.giveBack(amount, to: session, by: action) }
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
        store.withSessions { sessions, _ in sessions.close(session, by: action, at: time, retryAt: retryAt) }
    }

    func end(
        _ session: PaymentHash,
        _ ending: Session.Ending,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> Session? {
        store.withSessions { sessions, _ in
            sessions.change(session) { $0.end(ending, at: time, retryAt: retryAt) }
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
        store.withSessions { sessions, _ in sessions.change(session) { $0.endRefund(outcome) } }
    }

    func forgetActions(before time: WallTime) async throws {
        store.withSessions { sessions, _ in sessions.forgetActions(before: time) }
    }
}
