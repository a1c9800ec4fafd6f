package import NIOCore

/// What is remembered until its end, so many at the most: what finds no room is not kept. A value: no clock, no lock.
package struct ExpiringTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let end: NIODeadline
    }

    private var entries: [Key: Entry] = [:]
    private let most: Int
    /// Not sooner is it looked through again for what has ended: that costs as much as there is, and strangers fill it.
    private var nextLook = NIODeadline.uptimeNanoseconds(0)

    package init(most: Int) {
        self.most = most
    }

    package func value(for key: Key, at now: NIODeadline) -> Value? {
        guard let entry = entries[key], now < entry.end else { return nil }
        return entry.value
    }

    /// The value, which is then no longer here.
    package mutating func take(_ key: Key, at now: NIODeadline) -> Value? {
        guard let entry = entries.removeValue(forKey: key), now < entry.end else { return nil }
        return entry.value
    }

    package mutating func keep(_ value: Value, for key: Key, until end: NIODeadline, at now: NIODeadline) {
        if entries.count >= most, now >= nextLook {
            entries = entries.filter { now < $0.value.end }
            nextLook = now + TimeAmount.seconds(1)
        }
        guard entries.count < most || entries[key] != nil else { return }
        entries[key] = Entry(value: value, end: end)
    }
}
