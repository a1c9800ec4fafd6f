import CAllocationCount
import GatewayKit
import NIOConcurrencyHelpers

/// Notes how much its event loop had allocated when each request came to it: between two notes lies all that one request
/// cost there, from the socket to the upstream and back.
struct AllocationCounter: Stage {
    private let notes = NIOLockedValueBox<[Int]>([])

    init(capacity: Int) {
        // To note costs nothing.
        notes.withLockedValue { $0.reserveCapacity(capacity) }
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        notes.withLockedValue { $0.append(sluice_allocation_count()) }
        return .now(.next)
    }

    /// What most of the requests cost, but for the first. The loop's own tasks, such as timers, fall between few.
    func usual(from first: Int) -> Int? {
        let notes = notes.withLockedValue { Array($0[first...]) }
        var times: [Int: Int] = [:]
        for (before, after) in zip(notes, notes.dropFirst()) { times[after - before, default: 0] += 1 }
        return times.max { $0.value < $1.value }?.key
    }
}
