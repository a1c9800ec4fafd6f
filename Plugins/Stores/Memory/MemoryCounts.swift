internal import GatewayKit
internal import NIOCore

/// What a store in memory has counted. Forgets counters after their end, a few whenever one comes.
struct MemoryCounts {
    /// Counters at the most. Beyond it new ones are refused: forgetting one would let through what was let through already.
    static let capacity = 1_000_000

    private var counts = [String: (count: Int, end: WallTime)]()
    /// In the order in which they came.
    private var order = CircularBuffer<String>()

    /// Counts several at once, all of them or none.
    mutating func count(_ counter: Counter, _ amount: Int = 1, upTo limit: Int, at now: WallTime) throws -> Counted {
        let earlier = counts[counter.key]?.count ?? 0
        guard amount <= limit - earlier else { return .full }
        if counts[counter.key] != nil {
            counts[counter.key]?.count = earlier + amount
            return .counted(left: limit - earlier - amount)
        }
        forget(at: now)
        guard counts.count < Self.capacity else { throw StoreFailure("the store counts as much as it can hold") }
        counts[counter.key] = (amount, counter.end)
        order.append(counter.key)
        return .counted(left: limit - amount)
    }

    mutating func uncount(_ counter: Counter, _ amount: Int = 1) {
        guard let known = counts[counter.key] else { return }
        counts[counter.key]?.count = max(0, known.count - amount)
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
