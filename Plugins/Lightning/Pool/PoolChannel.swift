internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Brings settlements of several senders to one reader, one at a time: a sender goes on once the reader has come back for
/// the next one, so that it knows that its own was read. May be used from any task.
final class PoolChannel: Sendable {
    /// Makes the settlement at the moment in which it is read.
    typealias Making = @Sendable () -> Settlement

    private typealias Last = CheckedContinuation<Bool, Never>
    private typealias Reader = CheckedContinuation<Settlement?, Never>

    private struct Sender {
        let make: Making
        let continuation: Last
    }

    private struct State {
        var senders = CircularBuffer<Sender>()
        /// Of the settlement that was read last.
        var last: Last?
        var reader: Reader?
        var isClosed = false
    }

    private let state = NIOLockedValueBox(State())

    /// - Returns: false when it is closed, read or not.
    func send(_ make: @escaping Making) async -> Bool {
        await withCheckedContinuation { (continuation: Last) in
            let (reader, isClosed) = state.withLockedValue { state -> (Reader?, Bool) in
                guard !state.isClosed else { return (nil, true) }
                guard let reader = state.reader else {
                    state.senders.append(Sender(make: make, continuation: continuation))
                    return (nil, false)
                }
                state.reader = nil
                state.last = continuation
                return (reader, false)
            }
            if isClosed { continuation.resume(returning: false) }
            reader?.resume(returning: make())
        }
    }

    /// For one reader.
    ///
    /// - Returns: `nil` when it is closed.
    func next() async -> Settlement? {
        await withCheckedContinuation { (reader: Reader) in
            let (last, sender, isClosed) = state.withLockedValue { state -> (Last?, Sender?, Bool) in
                let last = state.last
                state.last = nil
                guard !state.isClosed else { return (last, nil, true) }
                let sender = state.senders.popFirst()
                state.last = sender?.continuation
                if sender == nil { state.reader = reader }
                return (last, sender, false)
            }
            last?.resume(returning: true)
            if let sender {
                reader.resume(returning: sender.make())
            } else if isClosed {
                reader.resume(returning: nil)
            }
        }
    }

    func close() {
        let before = state.withLockedValue { state in
            let before = state
            state = State()
            state.isClosed = true
            return before
        }
        before.reader?.resume(returning: nil)
        before.last?.resume(returning: false)
        for sender in before.senders {
            sender.continuation.resume(returning: false)
        }
    }
}
