#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif
package import NIOCore

/// Text that an expression works with: bytes of the request, which it shares, or a string.
///
/// Compared by bytes, which for UTF-8 is the order of its code points. Bytes that are no UTF-8 stay as they are.
package enum ExpressionText: Sendable {
    case bytes(ByteBuffer)
    case string(String)

    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch self {
        case .bytes(let buffer): buffer.withUnsafeReadableBytes(body)
        case .string(var string): string.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }

    package var byteCount: Int {
        switch self {
        case .bytes(let buffer): buffer.readableBytes
        case .string(let string): string.utf8.count
        }
    }

    /// Costs an allocation when it is longer than a few bytes and not a string already.
    package var string: String {
        switch self {
        case .bytes(let buffer): String(buffer: buffer)
        case .string(let string): string
        }
    }

    /// How many code points it has.
    var scalarCount: Int {
        withBytes { bytes in
            var count = 0
            for byte in bytes where byte & 0xC0 != 0x80 {
                count += 1
            }
            return count
        }
    }

    func starts(with other: ExpressionText) -> Bool {
        withBytes { bytes in
            other.withBytes { prefix in
                prefix.count <= bytes.count
                    && Self.areEqual(UnsafeRawBufferPointer(rebasing: bytes[..<prefix.count]), prefix)
            }
        }
    }

    func ends(with other: ExpressionText) -> Bool {
        withBytes { bytes in
            other.withBytes { suffix in
                suffix.count <= bytes.count
                    && Self.areEqual(UnsafeRawBufferPointer(rebasing: bytes[(bytes.count - suffix.count)...]), suffix)
            }
        }
    }

    func contains(_ other: ExpressionText, work: inout Int) -> Bool {
        withBytes { bytes in
            other.withBytes { Self.position(of: $0, in: bytes, work: &work) != nil }
        }
    }

    /// The text between two offsets in bytes. Shares its bytes where it can.
    func slice(_ range: Range<Int>) -> ExpressionText {
        switch self {
        case .bytes(let buffer):
            .bytes(buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer())
        case .string:
            .string(withBytes { String(decoding: $0[range], as: UTF8.self) })
        }
    }

    /// With each byte replaced, which keeps its length.
    func mapped(_ transform: (UInt8) -> UInt8) -> ExpressionText {
        withBytes { bytes in
            var buffer = ByteBuffer()
            buffer.reserveCapacity(bytes.count)
            for byte in bytes {
                buffer.writeInteger(transform(byte))
            }
            return .bytes(buffer)
        }
    }

    func joined(with other: ExpressionText) -> ExpressionText {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(byteCount + other.byteCount)
        withBytes { _ = buffer.writeBytes($0) }
        other.withBytes { _ = buffer.writeBytes($0) }
        return .bytes(buffer)
    }

    // MARK: Bytes

    static func areEqual(_ bytes: UnsafeRawBufferPointer, _ others: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == others.count else { return false }
        guard let start = bytes.baseAddress, let other = others.baseAddress else { return true }
        return memcmp(start, other, bytes.count) == 0
    }

    /// Where the first occurrence begins. `work` grows by the bytes that were compared, at the most; past its limit the
    /// search gives up.
    static func position(
        of needle: UnsafeRawBufferPointer,
        in bytes: UnsafeRawBufferPointer,
        work: inout Int
    ) -> Int? {
        guard let wanted = needle.baseAddress, needle.count > 0 else { return 0 }
        guard let start = bytes.baseAddress, needle.count <= bytes.count else { return nil }
        var index = 0
        while index <= bytes.count - needle.count, work <= Self.workLimit {
            let rest = bytes.count - needle.count - index + 1
            guard let found = memchr(start + index, Int32(needle[0]), rest) else { return nil }
            index = UnsafeRawPointer(found) - start
            if memcmp(start + index, wanted, needle.count) == 0 { return index }
            work += needle.count
            index += 1
        }
        return nil
    }

    /// More bytes than an evaluation has steps for.
    private static let workLimit = (ExpressionLimit.steps + 1) * 64
}

extension ExpressionText: Equatable {
    package static func == (left: ExpressionText, right: ExpressionText) -> Bool {
        left.withBytes { bytes in right.withBytes { areEqual(bytes, $0) } }
    }
}

extension ExpressionText: Comparable {
    package static func < (left: ExpressionText, right: ExpressionText) -> Bool {
        left.withBytes { bytes in
            right.withBytes { others in
                guard let start = bytes.baseAddress, let other = others.baseAddress else {
                    return bytes.count < others.count
                }
                let order = memcmp(start, other, min(bytes.count, others.count))
                return order == 0 ? bytes.count < others.count : order < 0
            }
        }
    }
}
