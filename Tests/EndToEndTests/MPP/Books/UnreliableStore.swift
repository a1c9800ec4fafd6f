import GatewayKit
import NIOConcurrencyHelpers

/// A store that now and then dies before it has done something, or before it can say that it has.
final class UnreliableStore: Store, SessionLedger {
    private let store: any Store
    private let dice: Dice
    /// Of a hundred calls.
    private let failures: NIOLockedValueBox<Int>

    init(_ store: any Store, _ dice: Dice, failures: Int) {
        self.store = store
        self.dice = dice
        self.failures = NIOLockedValueBox(failures)
    }

    /// From now on it does nothing any more: its process is dead.
    func die() { failures.withLockedValue { $0 = 100 } }

    var sessions: any SessionLedger { self }

    private func unreliably<Value>(_ work: (any SessionLedger) async throws -> Value) async throws -> Value {
        if dice.falls(failures.withLockedValue { $0 }) { throw StoreFailure("died before") }
        let value = try await work(store.sessions)
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

    func claim(_ payment: PaymentHash, for purpose: String) async throws -> Claim {
        try await store.claim(payment, for: purpose)
    }
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        try await store.release(payment, for: purpose)
    }
    func note(_ invoice: IssuedInvoice) {}
    func flush() async throws {}
    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { try await store.invoice(payment) }
    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool { false }
    func revoke(_ credential: CredentialID, at time: WallTime) async throws {}
    func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) { ([], 0) }
    func value(for key: String) async throws -> [UInt8]? { nil }
    func setValue(_ value: [UInt8]?, for key: String) async throws {}
    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] { [] }
}
