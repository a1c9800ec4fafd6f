package import NIOCore

/// Reads the integers and strings that a header block is made of (RFC 7541 §5).
package struct HPACKReader {
    /// Larger integers than any table or block has; far from any overflow.
    private static let largestInteger = 1 << 28

    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    /// - Parameter bytes: to be valid for as long as the reader is used.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The byte that is read next; `nil` at the end.
    package var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    /// Reads an integer that begins in the lowest `prefixBits` of the next byte (RFC 7541 §5.1).
    package mutating func readInteger(prefixBits: Int) throws(HPACKFault) -> Int {
        guard let first = next else { throw .truncated }
        index += 1
        let largestPrefix = 1 << prefixBits - 1
        var value = Int(first) & largestPrefix
        guard value == largestPrefix else { return value }
        for shift in stride(from: 0, through: 28, by: 7) {
            guard let byte = next else { throw .truncated }
            index += 1
            value += Int(byte & 0x7F) << shift
            guard value <= Self.largestInteger else { throw .integerTooLarge }
            if byte & 0x80 == 0 { return value }
        }
        throw .integerTooLarge
    }

    /// Reads a string (RFC 7541 §5.2) and appends it to `buffer`, as far as it is no longer than `limit`.
    ///
    /// - Returns: the length of all of it.
    package mutating func readString(into buffer: inout ByteBuffer, atMost limit: Int) throws(HPACKFault) -> Int {
        guard let first = next else { throw .truncated }
        let count = try readInteger(prefixBits: 7)
        guard count <= bytes.count - index else { throw .truncated }
        let string = UnsafeRawBufferPointer(rebasing: bytes[index..<index + count])
        index += count
        guard first & 0x80 != 0 else {
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: string.prefix(limit)))
            return count
        }
        guard let length = Huffman.decode(string, into: &buffer, atMost: limit) else { throw .malformedHuffmanCode }
        return length
    }
}
