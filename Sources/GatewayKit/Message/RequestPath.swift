public import NIOCore

/// The path of a request target in its one normal form, so that no spelling of a path is cheaper than another.
///
/// Percent-encoded unreserved characters are decoded and the digits of other encodings are upper case (RFC 3986 §6.2.2),
/// dot segments are removed (RFC 3986 §5.2.4) and doubled slashes are one. An encoded slash stays encoded. A path that is
/// `/a/..%2Fb` here and `/b` for a service that decodes first is none.
public enum RequestPath {
    /// The normal form; the same bytes, without copying, when `path` has it already.
    ///
    /// `nil` when it does not begin with `/`, or holds a control character, a space, a byte above 0x7E, one of
    /// `"#<>\^{|}` or a backquote, a broken percent-encoding, an encoded NUL, or a dot segment that an encoded slash or
    /// backslash, or a semicolon, hides.
    public static func normalised(_ path: ByteBuffer) -> ByteBuffer? {
        switch path.withUnsafeReadableBytes(examine) {
        case .invalid: return nil
        case .normal: return path
        case .abnormal: return path.withUnsafeReadableBytes(rewrite)
        }
    }

    /// The normal form of a path written in a policy; `nil` as above.
    public static func normalised(_ path: String) -> String? {
        normalised(ByteBuffer(string: path)).map { String(buffer: $0) }
    }

    private enum Finding {
        case normal, abnormal, invalid
    }

    private static func examine(_ bytes: UnsafeRawBufferPointer) -> Finding {
        guard bytes.first == UInt8(ascii: "/") else { return .invalid }
        var finding = Finding.normal
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x25:
                guard index + 2 < bytes.count, let high = ASCII.hexValue(bytes[index + 1]),
                    let low = ASCII.hexValue(bytes[index + 2]), high << 4 | low != 0
                else { return .invalid }
                // Whether a dot segment stands beside an encoded slash or backslash is looked at there.
                if isUnreserved(high << 4 | low) || high << 4 | low == 0x2F || high << 4 | low == 0x5C
                    || bytes[index + 1] >= 0x61 || bytes[index + 2] >= 0x61
                {
                    finding = .abnormal
                }
                index += 2
            case 0x2F where index + 1 < bytes.count && (bytes[index + 1] == 0x2F || bytes[index + 1] == 0x2E):
                finding = .abnormal
            case 0x21, 0x24, 0x26...0x3B, 0x3D, 0x40...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x7E:
                break
            default:
                return .invalid
            }
            index += 1
        }
        return finding
    }

    /// `nil` where it hides a dot segment.
    private static func rewrite(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer? {
        var decoded = [UInt8]()
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, let high = ASCII.hexValue(bytes[index + 1]),
                let low = ASCII.hexValue(bytes[index + 2])
            {
                let value = high << 4 | low
                if isUnreserved(value) {
                    decoded.append(value)
                } else {
                    decoded += [0x25, ASCII.uppercaseHexDigits[Int(high)], ASCII.uppercaseHexDigits[Int(low)]]
                }
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        var segments = [ArraySlice<UInt8>]()
        let parts = decoded.split(separator: 0x2F, omittingEmptySubsequences: true)
        for part in parts {
            switch Array(part) {
            case [0x2E]: break
            case [0x2E, 0x2E]: _ = segments.popLast()
            default:
                guard !hidesDots(part) else { return nil }
                segments.append(part)
            }
        }
        let endsInFolder =
            decoded.last == 0x2F || decoded.suffix(2) == [0x2F, 0x2E] || decoded.suffix(3) == [0x2F, 0x2E, 0x2E]
        var path = ByteBuffer()
        for segment in segments {
            path.writeInteger(UInt8(ascii: "/"))
            path.writeBytes(segment)
        }
        if segments.isEmpty || endsInFolder {
            path.writeInteger(UInt8(ascii: "/"))
        }
        return path
    }

    /// True for a segment that a service may take for a dot segment, or for several of which one is: it decodes slashes before it
    /// removes those, or cuts off path parameters (`..;a=b`).
    private static func hidesDots(_ segment: ArraySlice<UInt8>) -> Bool {
        var start = segment.startIndex
        var index = start
        var hasEnded = false
        while index <= segment.endIndex {
            let end = separator(in: segment[index...])
            if index == segment.endIndex || end != nil {
                let part = segment[start..<index]
                let isSplit = hasEnded || index < segment.endIndex
                if isSplit, part.elementsEqual([0x2E]) || part.elementsEqual([0x2E, 0x2E]) { return true }
                hasEnded = true
                start = index + (end ?? 0)
            }
            index += max(end ?? 1, 1)
        }
        return false
    }

    /// The length of an encoded slash or backslash, or of a semicolon, at the beginning; `nil` when there is none.
    private static func separator(in bytes: ArraySlice<UInt8>) -> Int? {
        if bytes.first == 0x3B { return 1 }
        let three = bytes.prefix(3)
        return [[0x25, 0x32, 0x46], [0x25, 0x35, 0x43], [0x25, 0x33, 0x42]].contains { three.elementsEqual($0) }
            ? 3 : nil
    }

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
