/// The buckets of one rule, at most so many, in the order in which they were last used.
///
/// Everything takes constant time, however many there are: the order is a list whose links are positions in an array.
/// Keys are hashed with the process's random seed, so nobody can choose keys that collide.
package struct BucketTable: Sendable {
    /// Buckets at the old end of the order that are looked at for a full one before one that is not is given up.
    private static let candidates = 8
    private static let none = -1

    private struct Slot {
        var key: BucketKey
        var bucket: Bucket
        var newer: Int
        var older: Int
    }

    private let allowance: Allowance
    private let most: Int
    private var slots: [Slot] = []
    private var positions: [BucketKey: Int] = [:]
    private var newest = Self.none
    private var oldest = Self.none

    /// - Parameter most: at least 1.
    package init(_ allowance: Allowance, most: Int) {
        self.allowance = allowance
        self.most = max(1, most)
    }

    package var count: Int { slots.count }

    package func contains(_ key: BucketKey) -> Bool {
        positions[key] != nil
    }

    /// Finds the bucket of a key, refills it and marks it as used. A bucket that refuses is used too: otherwise it
    /// would be forgotten under a flood, and be full again.
    mutating func use(_ key: BucketKey, at now: UInt64) -> (position: Int, wait: Duration?)? {
        guard let position = positions[key] else { return nil }
        if position != newest {
            unlink(position)
            linkAsNewest(position)
        }
        slots[position].bucket.refill(to: now, by: allowance)
        return (position, slots[position].bucket.wait(of: allowance))
    }

    mutating func take(at position: Int) {
        slots[position].bucket.take(by: allowance)
    }

    /// Makes a bucket for a key that has none, and takes one request from it. The bucket that makes room for it is a
    /// full one where there is one among the oldest, otherwise the oldest.
    mutating func takeFromNew(_ key: BucketKey, at now: UInt64) {
        var bucket = Bucket(at: now)
        bucket.take(by: allowance)
        let slot = Slot(key: key, bucket: bucket, newer: Self.none, older: Self.none)
        let position: Int
        if slots.count < most {
            position = slots.count
            slots.append(slot)
        } else {
            position = leastMissed(at: now)
            unlink(position)
            positions[slots[position].key] = nil
            slots[position] = slot
        }
        positions[key] = position
        linkAsNewest(position)
    }

    private mutating func leastMissed(at now: UInt64) -> Int {
        var position = oldest
        for _ in 0..<Self.candidates where position != Self.none {
            slots[position].bucket.refill(to: now, by: allowance)
            if slots[position].bucket.isFull { return position }
            position = slots[position].newer
        }
        return oldest
    }

    private mutating func unlink(_ position: Int) {
        let (newer, older) = (slots[position].newer, slots[position].older)
        if newer == Self.none { newest = older } else { slots[newer].older = older }
        if older == Self.none { oldest = newer } else { slots[older].newer = newer }
    }

    private mutating func linkAsNewest(_ position: Int) {
        slots[position].newer = Self.none
        slots[position].older = newest
        if newest == Self.none { oldest = position } else { slots[newest].newer = position }
        newest = position
    }
}
