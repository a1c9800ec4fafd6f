internal import Synchronization

/// Counts the parts of a stream.
final class LoopCounter: Sendable {
    private let value = Atomic<Int>(0)

    func increment() -> Int {
        value.add(1, ordering: .relaxed).newValue
    }
}
