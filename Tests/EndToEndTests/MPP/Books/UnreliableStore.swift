import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A store that now and then dies before it has done something, or before it can say that it has.
final class UnreliableStore: ForwardingStore, SessionLedger {
    let base: any Store
    private let dice: Dice
    /// Of a hundred calls.
    private let failures: NIOLockedValueBox<Int>

    init(_ store: any Store, _ dice: Dice, failures: Int) {
        base = store
        self.dice = dice
        self.failures = NIOLockedValueBox(failures)
    }

    /// From now on it does nothing any more: its process is dead.
    func die() { failures.withLockedValue { $0 = 100 } }

    var sessions: any SessionLedger { self }

    private func unreliably<Value>(_ work: (any SessionLedger) async throws -> Value) async throws -> Value {
        if dice.falls(failures.withLockedValue { $0 }) { throw StoreFailure("died before") }
        let value = try await work(base.sessions)
        if dice.falls(failures.withLockedValue { $0 }) { throw StoreFailure("died after") }
        return value
    }

    func open(_ session: Session, by action: SessionAction) async throws -> SessionChange {
        try await unreliably { try await $0.open(session, by: action) }
    }
    func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime
    ) async throws -> SessionChange {
        try await unreliably { try await $0.credit(amount, of: payment, to: session, by: action, at: time) }
    }
    func take(_ takings: [SessionTaking]) async throws -> [SessionChange] {
        try await unreliably { try await $0.take(takings) }
    }
    func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) async throws -> SessionChange {
        try await unreliably { try await $0.giveBack(amount, to: session, by: action) }
    }
    func touch(_ sessions: [PaymentHash], at time: WallTime) async throws {
        try await unreliably { try await $0.touch(sessions, at: time) }
    }
    func close(
        _ session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> SessionChange {
        try await unreliably { try await $0.close(session, by: action, at: time, retryAt: retryAt) }
    }
    func end(
        _ session: PaymentHash,
        _ ending: Session.Ending,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> Session? {
        try await unreliably { try await $0.end(session, ending, at: time, retryAt: retryAt) }
    }
    func answer(_ answer: String, to action: SessionAction) async throws -> String? {
        try await unreliably { try await $0.answer(answer, to: action) }
    }
    func session(_ id: PaymentHash) async throws -> Session? {
        try await unreliably { try await $0.session(id) }
    }
    func due(at time: WallTime, limit: Int) async throws -> [Session] {
        try await unreliably { try await $0.due(at: time, limit: limit) }
    }
    func beginRefund(_ session: PaymentHash, at time: WallTime, retryAt: WallTime) async throws -> Session? {
        try await unreliably { try await $0.beginRefund(session, at: time, retryAt: retryAt) }
    }
    func endRefund(_ session: PaymentHash, _ outcome: RefundOutcome) async throws -> Session? {
        try await unreliably { try await $0.endRefund(session, outcome) }
    }
    func forgetActions(before time: WallTime) async throws {
        try await unreliably { try await $0.forgetActions(before: time) }
    }

    func note(_ invoice: IssuedInvoice) {}
}
