package import GatewayKit
package import NIOCore

/// Writes header blocks that no dynamic table and no Huffman code is needed for, so that it has no state (RFC 7541 §6).
///
/// Fields that carry a secret are marked never to be indexed (RFC 7541 §7.1.3). That a peer had so marked another field
/// is not kept.
///
/// As the table is never used, a connection's first block should begin with `writeTableSizeUpdate(0)`: then nothing has
/// to be said when the peer lowers `SETTINGS_HEADER_TABLE_SIZE` (RFC 7541 §4.2).
package enum HPACKWriter {
    package static func writeTableSizeUpdate(_ capacity: Int, into buffer: inout ByteBuffer) {
        writeInteger(capacity, prefixBits: 5, pattern: 0x20, into: &buffer)
    }

    /// `:status`. A code is 3 digits (RFC 9110 §15); one outside 0...999 becomes the nearest of these.
    package static func writeStatus(_ code: Int, into buffer: inout ByteBuffer) {
        let code = min(max(code, 0), 999)
        let digits = (code / 100, code / 10 % 10, code % 10)
        withUnsafeTemporaryAllocation(byteCount: 3, alignment: 1) { text in
            text[0] = 0x30 + UInt8(truncatingIfNeeded: digits.0)
            text[1] = 0x30 + UInt8(truncatingIfNeeded: digits.1)
            text[2] = 0x30 + UInt8(truncatingIfNeeded: digits.2)
            write(.status, UnsafeRawBufferPointer(text), into: &buffer)
        }
    }

    package static func write(_ pseudo: PseudoField, _ value: ByteBuffer, into buffer: inout ByteBuffer) {
        value.withUnsafeReadableBytes { write(pseudo, $0, into: &buffer) }
    }

    /// - Parameter value: without bytes that a field's value may not have.
    package static func write(_ pseudo: PseudoField, _ value: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        let indices = HPACKStaticTable.indices(of: pseudo)
        for index in indices where HPACKStaticTable.hasValue(value, at: index) {
            writeInteger(index, prefixBits: 7, pattern: 0x80, into: &buffer)
            return
        }
        if let index = indices.first {
            writeInteger(index, prefixBits: 4, pattern: 0, into: &buffer)
        } else {
            var name = pseudo.name
            name.withUTF8 { writeName(UnsafeRawBufferPointer($0), pattern: 0, into: &buffer) }
        }
        writeInteger(value.count, prefixBits: 7, pattern: 0, into: &buffer)
        buffer.writeBytes(value)
    }

    /// A line of a message that came over the wire, or that was added since; its name in lower case.
    package static func write(at index: Int, of fields: Fields, into buffer: inout ByteBuffer) {
        let known = fields.lines[index].known
        fields.withName(at: index) { name in
            fields.withValue(at: index) { value in
                write(name, known, value, into: &buffer)
            }
        }
    }

    package static func write(_ name: FieldName, _ value: String, into buffer: inout ByteBuffer) {
        var (text, value) = (name.text, value)
        text.withUTF8 { text in
            value.withUTF8 { value in
                write(UnsafeRawBufferPointer(text), name.known, UnsafeRawBufferPointer(value), into: &buffer)
            }
        }
    }

    /// A field of a known name whose value `compose` appends, without white space around it or bytes that a value may
    /// not have.
    package static func write(_ known: KnownField, into buffer: inout ByteBuffer, _ compose: (inout ByteBuffer) -> Void)
    {
        let index = HPACKStaticTable.index(of: known)
        let pattern: UInt8 = isSecret(known) ? 0x10 : 0
        if index == 0 {
            var name = known.name
            name.withUTF8 { writeName(UnsafeRawBufferPointer($0), pattern: pattern, into: &buffer) }
        } else {
            writeInteger(index, prefixBits: 4, pattern: pattern, into: &buffer)
        }
        let start = buffer.writerIndex
        buffer.writeInteger(UInt8(0))
        compose(&buffer)
        let length = buffer.writerIndex - start - 1
        if length < 0x7F {
            buffer.setInteger(UInt8(truncatingIfNeeded: length), at: start)
        } else if let value = buffer.getSlice(at: start + 1, length: length) {
            // The length takes more than the one byte that was left for it.
            buffer.moveWriterIndex(to: start)
            writeInteger(length, prefixBits: 7, pattern: 0, into: &buffer)
            buffer.writeImmutableBuffer(value)
        }
    }

    /// Writes an integer, its first bits in the lowest `prefixBits` of a byte whose others are those of `pattern`
    /// (RFC 7541 §5.1).
    package static func writeInteger(
        _ value: Int,
        prefixBits: Int,
        pattern: UInt8,
        into buffer: inout ByteBuffer
    ) {
        let largestPrefix = 1 << prefixBits - 1
        guard value >= largestPrefix else {
            buffer.writeInteger(pattern | UInt8(truncatingIfNeeded: value))
            return
        }
        buffer.writeInteger(pattern | UInt8(truncatingIfNeeded: largestPrefix))
        var rest = value - largestPrefix
        while rest >= 0x80 {
            buffer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        buffer.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    // MARK: Regular fields

    private static let setCookie = 55

    private static func write(
        _ name: UnsafeRawBufferPointer,
        _ known: KnownField,
        _ value: UnsafeRawBufferPointer,
        into buffer: inout ByteBuffer
    ) {
        let value = trimmed(value)
        let index = known == .other ? HPACKStaticTable.index(ofOther: name) : HPACKStaticTable.index(of: known)
        let isSecret = index == setCookie || isSecret(known)
        if !isSecret, HPACKStaticTable.hasValue(value, at: index) {
            writeInteger(index, prefixBits: 7, pattern: 0x80, into: &buffer)
            return
        }
        let pattern: UInt8 = isSecret ? 0x10 : 0
        if index == 0 {
            writeName(name, pattern: pattern, into: &buffer)
        } else {
            writeInteger(index, prefixBits: 4, pattern: pattern, into: &buffer)
        }
        writeInteger(value.count, prefixBits: 7, pattern: 0, into: &buffer)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: value.count) { output in
            for place in 0..<value.count {
                output[place] = endsLine(value[place]) ? 0x20 : value[place]
            }
            return value.count
        }
    }

    private static func isSecret(_ known: KnownField) -> Bool {
        switch known {
        case .authorization, .cookie, .grpcMetadataMacaroon, .macaroon, .paymentAuthorization, .proxyAuthorization: true
        default: false
        }
    }

    private static func writeName(
        _ name: UnsafeRawBufferPointer,
        pattern: UInt8,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(pattern)
        writeInteger(name.count, prefixBits: 7, pattern: 0, into: &buffer)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: name.count) { output in
            for place in 0..<name.count {
                output[place] = ASCII.lowercased(name[place])
            }
            return name.count
        }
    }

    /// Without the white space around it, and what becomes white space: with it the message would be malformed
    /// (RFC 9113 §8.2.1).
    private static func trimmed(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var range = value.indices
        while let first = range.first, isSpace(value[first]) {
            range.removeFirst()
        }
        while let last = range.last, isSpace(value[last]) {
            range.removeLast()
        }
        return UnsafeRawBufferPointer(rebasing: value[range])
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || endsLine(byte)
    }

    /// Bytes that become spaces (RFC 9110 §5.5).
    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == 0 || byte == 0x0A || byte == 0x0D
    }
}
