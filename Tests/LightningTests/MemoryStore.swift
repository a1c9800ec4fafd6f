import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// The values of plugins in memory, and nothing else. Can be told to fail, and to let writers wait.
final class MemoryStore: ForwardingStore {
    private struct State {
        var values: [String: [UInt8]] = [:]
        var isFailing = false
        var heldPrefix: String?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let base: any Store = RefusingStore()
    private let state = NIOLockedValueBox(State())

    var isFailing: Bool {
        get { state.withLockedValue { $0.isFailing } }
        set { state.withLockedValue { $0.isFailing = newValue } }
    }

    var keys: [String] { state.withLockedValue { $0.values.keys.sorted() } }

    /// Writers of keys that begin so wait from now on.
    func hold(only prefix: String = "") {
        state.withLockedValue { $0.heldPrefix = prefix }
    }

    /// Lets the writers that wait, and all later ones, go on.
    func release() {
        let waiting = state.withLockedValue { state in
            state.heldPrefix = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting {
            continuation.resume()
        }
    }

    func value(for key: String) async throws -> [UInt8]? {
        try state.withLockedValue { state in
            guard !state.isFailing else { throw StoreFailure("told to fail") }
            return state.values[key]
        }
    }

    func setValue(_ value: [UInt8]?, for key: String) async throws {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLockedValue { state in
                guard let prefix = state.heldPrefix, key.hasPrefix(prefix) else { return false }
                state.waiting.append(continuation)
                return true
            }
            if !isHeld { continuation.resume() }
        }
        try state.withLockedValue { state in
            guard !state.isFailing else { throw StoreFailure("told to fail") }
            state.values[key] = value
        }
    }

    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] {
        state.withLockedValue { state in
            state.values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }
}
