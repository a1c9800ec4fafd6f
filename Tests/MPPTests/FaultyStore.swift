import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A store whose answers may get lost: what it does to claims fails, succeeds and says that it failed, or happens later.
final class FaultyStore: ForwardingStore {
    enum Fault: CaseIterable {
        case failsBefore, failsAfter, comesLate
    }

    private struct State {
        var next: Fault?
        var isRandom = false
        var late: [@Sendable () async -> Void] = []
    }

    let base: any Store
    private let state = NIOLockedValueBox(State())

    init(_ base: any Store) {
        self.base = base
    }

    /// What becomes of the next write.
    var next: Fault? {
        get { state.withLockedValue { $0.next } }
        set { state.withLockedValue { $0.next = newValue } }
    }

    /// Every write and every look may fail.
    var isRandom: Bool {
        get { state.withLockedValue { $0.isRandom } }
        set { state.withLockedValue { $0.isRandom = newValue } }
    }

    func letLateWritesThrough() async {
        let late = state.withLockedValue { state in
            defer { state.late = [] }
            return state.late
        }
        for write in late.shuffled() { await write() }
    }

    private func write<Value: Sendable>(_ change: @Sendable @escaping () async throws -> Value) async throws -> Value {
        let fault = state.withLockedValue { state in
            defer { state.next = nil }
            return state.next ?? (state.isRandom && Int.random(in: 0..<5) == 0 ? Fault.allCases.randomElement() : nil)
        }
        switch fault {
        case .failsBefore: break
        case .failsAfter: _ = try await change()
        case .comesLate: state.withLockedValue { $0.late.append { _ = try? await change() } }
        case nil: return try await change()
        }
        throw StoreFailure("no answer in time")
    }

    func claim(_ payment: PaymentHash, for purpose: String, by credential: CredentialID?) async throws -> Claim {
        try await write { [base] in try await base.claim(payment, for: purpose, by: credential) }
    }
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        try await write { [base] in try await base.release(payment, for: purpose) }
    }
    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        try await write { [base] in try await base.move(payment, from: purpose, to: next) }
    }
    func purpose(of payment: PaymentHash) async throws -> String? {
        if isRandom, Int.random(in: 0..<8) == 0 { throw StoreFailure("no answer in time") }
        return try await base.purpose(of: payment)
    }
}
