internal import Crypto
package import GatewayKit

/// An HMAC-SHA256 key (RFC 2104) with its two padded blocks hashed already.
///
/// Built on the incremental hash, whose state can be copied: a key that stays is hashed once, which Crypto's HMAC type
/// cannot do, and no message or code goes through an array.
package struct HMACKey: Sendable {
    private let inner: SHA256
    private let outer: SHA256

    /// A key of any length.
    package init(_ key: UnsafeRawBufferPointer) {
        inner = Self.keyed(key, pad: 0x36)
        outer = Self.keyed(key, pad: 0x5C)
    }

    package init(_ key: Bytes32) {
        self = key.withUnsafeBytes { HMACKey($0) }
    }

    package init(_ key: StaticString) {
        self = key.withUTF8Buffer { HMACKey(UnsafeRawBufferPointer($0)) }
    }

    /// The code of a message, which may come in two pieces.
    package func code(
        of message: UnsafeRawBufferPointer,
        _ rest: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) -> Bytes32 {
        var inner = inner
        inner.update(bufferPointer: message)
        if !rest.isEmpty {
            inner.update(bufferPointer: rest)
        }
        var outer = outer
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return Bytes32(outer.finalize())
    }

    package func code(of message: Bytes32) -> Bytes32 {
        message.withUnsafeBytes { code(of: $0) }
    }

    /// The code of one message with a key that is used this once: spares the copies of its hashed blocks.
    package static func code(of message: UnsafeRawBufferPointer, key: Bytes32) -> Bytes32 {
        key.withUnsafeBytes { key in
            var inner = keyed(key, pad: 0x36)
            inner.update(bufferPointer: message)
            var outer = keyed(key, pad: 0x5C)
            inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
            return Bytes32(outer.finalize())
        }
    }

    private static func keyed(_ key: UnsafeRawBufferPointer, pad: UInt8) -> SHA256 {
        if key.count > 64 {
            return Bytes32.sha256(of: key).withUnsafeBytes { keyed($0, pad: pad) }
        }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { block in
            block.initializeMemory(as: UInt8.self, repeating: pad)
            for index in 0..<key.count {
                block[index] = key[index] ^ pad
            }
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(block))
            block.initializeMemory(as: UInt8.self, repeating: 0)
            return hash
        }
    }
}
