package import GatewayKit
internal import NIOConcurrencyHelpers

/// The credentials that were verified lately, by the text that a client sends: a client that comes again costs no
/// signature check.
///
/// Holds only what cannot change, the signature and the preimage; revocation and caveats are checked every time. Found
/// by a hash with a random key and then compared byte by byte, so that a look-up costs no allocation and cannot be
/// mistaken. May be used from any thread.
package final class VerifiedCredentials: Sendable {
    /// Longer texts are verified every time: bounds the memory to 8 MiB.
    private static let longestText = 2_048
    private static let shardCount = 16
    private static let setCount = 32
    private static let setSize = 8
    package static let capacity = shardCount * setCount * setSize

    private struct Entry {
        let hash: Int
        let text: [UInt8]
        let credential: Credential
        var lastUse: UInt64
    }

    /// A table of sets; a text has its place in one set, and the one not used for longest gives way.
    private final class Shard: Sendable {
        /// Empty until the first entry.
        let entries = NIOLockedValueBox<(table: [Entry?], uses: UInt64)>(([], 0))
    }

    private let shards = (0..<shardCount).map { _ in Shard() }

    package init() {}

    package func credential(for text: UnsafeRawBufferPointer) -> Credential? {
        guard text.count <= Self.longestText else { return nil }
        let hash = Self.hash(text)
        return shards[Self.shard(of: hash)].entries.withLockedValue { entries in
            guard !entries.table.isEmpty else { return nil }
            for index in Self.set(of: hash) {
                guard let entry = entries.table[index], entry.hash == hash, Self.isEqual(entry.text, text) else {
                    continue
                }
                entries.uses &+= 1
                entries.table[index]?.lastUse = entries.uses
                return entry.credential
            }
            return nil
        }
    }

    /// Only for a credential that was verified from this very text.
    package func insert(_ credential: Credential, for text: UnsafeRawBufferPointer) {
        guard text.count <= Self.longestText else { return }
        let hash = Self.hash(text)
        let copy = Array(text)
        shards[Self.shard(of: hash)].entries.withLockedValue { entries in
            if entries.table.isEmpty {
                entries.table = Array(repeating: nil, count: Self.setCount * Self.setSize)
            }
            let set = Self.set(of: hash)
            var place = set.lowerBound
            var oldest = UInt64.max
            for index in set {
                let lastUse = entries.table[index]?.lastUse ?? 0
                if lastUse < oldest {
                    oldest = lastUse
                    place = index
                }
            }
            entries.uses &+= 1
            entries.table[place] = Entry(hash: hash, text: copy, credential: credential, lastUse: entries.uses)
        }
    }

    /// SipHash with the key of this process.
    private static func hash(_ text: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        return hasher.finalize()
    }

    private static func shard(of hash: Int) -> Int {
        Int(UInt(bitPattern: hash) % UInt(shardCount))
    }

    private static func set(of hash: Int) -> Range<Int> {
        let first = Int(UInt(bitPattern: hash) / UInt(shardCount) % UInt(setCount)) * setSize
        return first..<first + setSize
    }

    /// Takes the same time wherever the two differ: the text holds a preimage.
    private static func isEqual(_ stored: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
        guard stored.count == text.count else { return false }
        return stored.withUnsafeBytes { stored in
            var difference: UInt8 = 0
            for index in 0..<text.count {
                difference |= stored[index] ^ text[index]
            }
            return difference == 0
        }
    }
}
