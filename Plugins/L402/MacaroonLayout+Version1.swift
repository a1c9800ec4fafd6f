internal import GatewayKit

/// libmacaroons, format 1: packets of a length in four hexadecimal digits, which counts itself, a key, a space, bytes
/// and a line feed.
extension MacaroonLayout {
    private static let keys = (
        location: Array("location".utf8), identifier: Array("identifier".utf8), caveat: Array("cid".utf8),
        verificationID: Array("vid".utf8), caveatLocation: Array("cl".utf8), signature: Array("signature".utf8)
    )

    mutating func readVersion1(_ bytes: UnsafeRawBufferPointer) throws(MalformedMacaroon) {
        var lines = Lines(bytes: bytes)
        if let content = try lines.next(Self.keys.location) {
            location = content
        }
        guard let content = try lines.next(Self.keys.identifier) else {
            throw MalformedMacaroon("its identifier is missing")
        }
        identifier = content
        while let content = try lines.next(Self.keys.caveat) {
            try append(
                Caveat(
                    identifier: content,
                    verificationID: try lines.next(Self.keys.verificationID),
                    location: try lines.next(Self.keys.caveatLocation)
                )
            )
        }
        guard let content = try lines.next(Self.keys.signature) else {
            throw MalformedMacaroon("its signature is missing")
        }
        signature = content
        guard lines.index == bytes.count else { throw MalformedMacaroon("something follows its signature") }
    }

    private struct Lines {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        /// The content of the next packet when it has this key; `nil`, and nothing read, when it has another.
        mutating func next(_ key: [UInt8]) throws(MalformedMacaroon) -> Range<Int>? {
            guard index < bytes.count else { return nil }
            guard bytes.count - index >= 4 else { throw MalformedMacaroon("it is cut off") }
            var count = 0
            for position in index..<index + 4 {
                guard let digit = ASCII.hexValue(bytes[position]) else {
                    throw MalformedMacaroon("the length of a field is not a number")
                }
                count = count << 4 | Int(digit)
            }
            guard count <= bytes.count - index else { throw MalformedMacaroon("it is cut off") }
            let keyStart = index + 4
            let end = index + count
            // Room for the shortest key, the space and the line feed.
            guard count >= 8, bytes[end - 1] == UInt8(ascii: "\n") else {
                throw MalformedMacaroon("a field does not end with a line feed")
            }
            let keyEnd = keyStart + key.count
            guard keyEnd < end - 1, bytes[keyEnd] == UInt8(ascii: " "), bytes[keyStart..<keyEnd].elementsEqual(key)
            else {
                return nil
            }
            index = end
            return keyEnd + 1..<end - 1
        }
    }
}
