internal import GatewayKit
internal import NIOCore

/// What a store in memory has counted. Forgets counters after their end, a few whenever one comes.
struct MemoryCounts {
    /// Counters at the most. Beyond it new ones are refused: forgetting one would let through what was let through already.
    static let capacity = 1_000_000

    private var counts = [String: (count: Int, end: WallTime)]()
    /// In the order in which they came.
    private var order = CircularBuffer<String>()

    mutating func count(_ counter: Counter, upTo limit: Int, at now: WallTime) throws -> Counted {
        if let known = counts[counter.key] {
            guard known.count < limit else { return .full }
            counts[counter.key]?.count = known.count + 1
            return .counted(left: limit - known.count - 1)
        }
        guard limit > 0 else { return .full }
        forget(at: now)
        guard counts.count < Self.capacity else { throw StoreFailure("the store counts as much as it can hold") }
        counts[counter.key] = (1, counter.end)
        order.append(counter.key)
        return .counted(left: limit - 1)
    }

    mutating func uncount(_ counter: Counter) {
        guard let known = counts[counter.key], known.count > 0 else { return }
        counts[counter.key]?.count = known.count - 1
    }

    /// Two for each that comes, so that they become fewer; one that ends later than those behind it goes around again.
    private mutating func forget(at now: WallTime) {
        for _ in 0..<2 {
            guard let oldest = order.popFirst() else { return }
            if let known = counts[oldest], known.end.advanced(by: Retention.afterCounting) >= now {
                order.append(oldest)
            } else {
                counts[oldest] = nil
            }
        }
    }
}
