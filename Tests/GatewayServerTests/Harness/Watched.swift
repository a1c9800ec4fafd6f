import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A value that several threads change, and that a test waits for to become what it should. May be used from any thread.
final class Watched<Value: Sendable>: Sendable {
    private struct Waiter {
        let isMet: @Sendable (Value) -> Bool
        let promise: EventLoopPromise<Value>
    }

    private struct State {
        var value: Value
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
    }

    private let state: NIOLockedValueBox<State>

    init(_ value: Value) {
        state = NIOLockedValueBox(State(value: value))
    }

    var value: Value {
        state.withLockedValue { $0.value }
    }

    @discardableResult
    func update<Result>(_ change: (inout Value) -> Result) -> Result {
        let (result, value, met) = state.withLockedValue { state in
            let result = change(&state.value)
            let met = state.waiters.filter { $0.value.isMet(state.value) }
            for key in met.keys {
                state.waiters[key] = nil
            }
            return (result, state.value, met.values.map(\.promise))
        }
        for promise in met {
            promise.succeed(value)
        }
        return result
    }

    /// - Throws: `NeverHappened` when it does not come true in time; the time only bounds a test that fails.
    @discardableResult
    func wait(
        for what: String,
        until isMet: @escaping @Sendable (Value) -> Bool
    ) async throws -> Value {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: Value.self)
        let (now, key) = state.withLockedValue { state -> (Value?, Int) in
            if isMet(state.value) { return (state.value, 0) }
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = Waiter(isMet: isMet, promise: promise)
            return (nil, state.nextWaiter)
        }
        if let now {
            promise.succeed(now)
        } else {
            let expiry = loop.scheduleTask(in: .minutes(2)) {
                let waiter = self.state.withLockedValue { $0.waiters.removeValue(forKey: key) }
                waiter?.promise.fail(NeverHappened(what, "\(self.value)"))
            }
            promise.futureResult.whenComplete { _ in expiry.cancel() }
        }
        return try await promise.futureResult.get()
    }
}

/// Something a test waited for did not come.
struct NeverHappened: Error, CustomStringConvertible {
    let description: String

    init(_ what: String, _ instead: String) {
        description = "never happened: \(what); instead: \(instead.prefix(2_000))"
    }
}
