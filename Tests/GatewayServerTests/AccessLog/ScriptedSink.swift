import Dispatch
import GatewayServer
import NIOConcurrencyHelpers

/// Keeps what is written, and can block, take little at a time, and fail.
final class ScriptedSink: AccessLogSink {
    struct Failure: Error {}

    private struct State {
        var bytes: [UInt8] = []
        var calls = 0
        /// Bytes that are taken before every further call fails; `nil`: any number.
        var room: Int?
        var reopened = 0
        var isFinished = false
    }

    private let state = NIOLockedValueBox(State())
    private let most: Int
    private let isGated: Bool
    private let arrival = DispatchSemaphore(value: 0)
    private let gate = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - most: bytes that are taken in one call.
    ///   - isGated: blocks every call until `open`.
    init(most: Int = .max, isGated: Bool = false) {
        self.most = most
        self.isGated = isGated
    }

    var text: String { state.withLockedValue { String(decoding: $0.bytes, as: UTF8.self) } }
    var calls: Int { state.withLockedValue { $0.calls } }
    var reopened: Int { state.withLockedValue { $0.reopened } }
    var isFinished: Bool { state.withLockedValue { $0.isFinished } }

    /// Waits until a call has begun.
    func waitForCall() {
        arrival.wait()
    }

    func open() {
        gate.signal()
    }

    /// Takes so many bytes more, then fails; `nil`: never.
    func allow(_ bytes: Int?) {
        state.withLockedValue { $0.room = bytes }
    }

    func writeFront(of bytes: UnsafeRawBufferPointer) throws -> Int {
        if isGated {
            arrival.signal()
            gate.wait()
            gate.signal()
        }
        return try state.withLockedValue { state in
            state.calls += 1
            let count = min(bytes.count, most, state.room ?? .max)
            guard count > 0 else { throw Failure() }
            state.room = state.room.map { $0 - count }
            state.bytes += bytes.prefix(count)
            return count
        }
    }

    func reopen() throws {
        state.withLockedValue { $0.reopened += 1 }
    }

    func finish() {
        state.withLockedValue { $0.isFinished = true }
    }
}
