internal import GatewayKit

/// Finds a number by an owner and some bytes, without making a key of the bytes: open addressing, at most half full.
///
/// The keys come from a policy, so a client cannot make a chain of collisions longer than the policy has it.
struct ByteTable: Sendable {
    private struct Slot {
        var hash: UInt64
        var owner: Int
        var start: Int
        var count: Int
        /// -1: free.
        var value: Int

        static let free = Slot(hash: 0, owner: 0, start: 0, count: 0, value: -1)
    }

    private var slots = [Slot](repeating: .free, count: 8)
    private var keys: [UInt8] = []
    private(set) var count = 0
    /// Letters of either case are the same; the keys that are inserted are in lower case.
    private let ignoresCase: Bool

    init(ignoringCase: Bool = false) {
        ignoresCase = ignoringCase
    }

    /// `key` must not be there yet; `value` is not negative.
    mutating func insert(_ value: Int, owner: Int = 0, key: [UInt8]) {
        if (count + 1) * 2 > slots.count {
            grow()
        }
        let hash = key.withUnsafeBytes { self.hash(owner: owner, $0, in: 0..<$0.count) }
        place(Slot(hash: hash, owner: owner, start: keys.count, count: key.count, value: value))
        keys += key
        count += 1
    }

    /// Costs no allocation. `range` must lie within `bytes`.
    func value(owner: Int = 0, _ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> Int? {
        let hash = hash(owner: owner, bytes, in: range)
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while true {
            let slot = slots[index]
            if slot.value < 0 { return nil }
            if slot.hash == hash, slot.owner == owner, slot.count == range.count, isKey(of: slot, bytes, range) {
                return slot.value
            }
            index = (index + 1) & (slots.count - 1)
        }
    }

    func value(owner: Int = 0, _ key: [UInt8]) -> Int? {
        key.withUnsafeBytes { value(owner: owner, $0, in: 0..<$0.count) }
    }

    private func isKey(of slot: Slot, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        for offset in 0..<slot.count where keys[slot.start + offset] != folded(bytes[range.lowerBound + offset]) {
            return false
        }
        return true
    }

    private func folded(_ byte: UInt8) -> UInt8 {
        ignoresCase ? ASCII.lowercased(byte) : byte
    }

    /// FNV-1a, 64 bits, the upper half folded into the lower.
    private func hash(owner: Int, _ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> UInt64 {
        var hash = 0xCBF2_9CE4_8422_2325 ^ UInt64(truncatingIfNeeded: owner) &* 0x9E37_79B9_7F4A_7C15
        for index in range {
            hash = (hash ^ UInt64(folded(bytes[index]))) &* 0x100_0000_01B3
        }
        return hash ^ hash >> 32
    }

    private mutating func place(_ slot: Slot) {
        var index = Int(truncatingIfNeeded: slot.hash) & (slots.count - 1)
        while slots[index].value >= 0 {
            index = (index + 1) & (slots.count - 1)
        }
        slots[index] = slot
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: .free, count: old.count * 2)
        for slot in old where slot.value >= 0 {
            place(slot)
        }
    }
}
