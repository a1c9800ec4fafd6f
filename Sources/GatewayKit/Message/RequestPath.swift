public import NIOCore

/// The path of a request target in its one normal form, so that no spelling of a path is cheaper than another.
///
/// Percent-encoded unreserved characters are decoded and the digits of other encodings are upper case (RFC 3986 §6.2.2),
/// dot segments are removed (RFC 3986 §5.2.4) and doubled slashes are one. An encoded slash stays encoded.
public enum RequestPath {
    /// The normal form; the same bytes, without copying, when `path` has it already.
    ///
    /// `nil` when it does not begin with `/`, or holds a control character, a space, a byte above 0x7E, one of
    /// `"#<>\^{|}` or a backquote, a broken percent-encoding, or an encoded NUL.
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
                if isUnreserved(high << 4 | low) || bytes[index + 1] >= 0x61 || bytes[index + 2] >= 0x61 {
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

    private static func rewrite(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer {
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
            default: segments.append(part)
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

    /// RFC 3986 §2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}
