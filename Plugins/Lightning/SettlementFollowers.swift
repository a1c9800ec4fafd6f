internal import GatewayKit

/// The open streams of settlements. A value: whoever keeps it guards it.
struct SettlementFollowers {
    typealias Continuation = AsyncThrowingStream<Settlement, any Error>.Continuation

    /// Settlements that a reader may be behind before its stream ends; it then starts again where it stood.
    static let slack = 10_000

    private var continuations: [Int: Continuation] = [:]
    private var nextID = 0
    private var isClosed = false

    /// `nil` when there will be no more settlements.
    mutating func add(_ continuation: Continuation) -> Int? {
        guard !isClosed else { return nil }
        nextID += 1
        continuations[nextID] = continuation
        return nextID
    }

    mutating func remove(_ id: Int) {
        continuations[id] = nil
    }

    /// - Returns: those that missed it, for the caller to end.
    mutating func tell(_ settlement: Settlement) -> [Continuation] {
        var behind = [Continuation]()
        for (id, continuation) in continuations {
            if case .dropped = continuation.yield(settlement) {
                behind.append(continuation)
                continuations[id] = nil
            }
        }
        return behind
    }

    /// - Returns: all of them, for the caller to end. There may be others.
    mutating func dismiss() -> [Continuation] {
        defer { continuations = [:] }
        return Array(continuations.values)
    }

    /// - Returns: all of them, for the caller to end.
    mutating func close() -> [Continuation] {
        isClosed = true
        defer { continuations = [:] }
        return Array(continuations.values)
    }
}
