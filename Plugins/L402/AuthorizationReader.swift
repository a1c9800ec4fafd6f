internal import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Finds L402 credentials in the value of an `Authorization` line.
///
/// RFC 9110 §11.6.2 allows one credential a line, but clients exist that join several with commas: what belongs to
/// another scheme is passed over, quoted strings included.
struct AuthorizationReader {
    /// Where a credential stands in the value: `macaroon:preimage`.
    struct Credential {
        let macaroon: Range<Int>
        let preimage: Range<Int>

        var whole: Range<Int> { macaroon.lowerBound..<preimage.upperBound }
    }

    enum Finding {
        /// Another scheme's.
        case foreign
        case credential(Credential)
        /// Begins like one of ours and goes on otherwise.
        case malformed
    }

    private static let schemes = (lsat: Array("lsat".utf8), l402: Array("l402".utf8))

    private let value: UnsafeRawBufferPointer
    private var index = 0

    init(_ value: UnsafeRawBufferPointer) {
        self.value = value
    }

    /// True when a credential of ours stands in the value, whether it can be read or not.
    static func finds(in value: UnsafeRawBufferPointer) -> Bool {
        var reader = AuthorizationReader(value)
        while let finding = reader.next() {
            guard case .foreign = finding else { return true }
        }
        return false
    }

    /// What stands before the next comma; `nil` at the end.
    mutating func next() -> Finding? {
        while index < value.count, isSpace(value[index]) || value[index] == UInt8(ascii: ",") {
            index += 1
        }
        guard index < value.count else { return nil }
        let start = index
        while index < value.count, ASCII.isTokenByte(value[index]) {
            index += 1
        }
        let scheme = UnsafeRawBufferPointer(rebasing: value[start..<index])
        guard ASCII.equalIgnoringCase(scheme, Self.schemes.l402) || ASCII.equalIgnoringCase(scheme, Self.schemes.lsat)
        else {
            skipForeign()
            return .foreign
        }
        return credential()
    }

    private mutating func credential() -> Finding {
        let afterScheme = index
        while index < value.count, isSpace(value[index]) {
            index += 1
        }
        let start = index
        index = position(of: UInt8(ascii: ","), in: start..<value.count) ?? value.count
        let colon = position(of: UInt8(ascii: ":"), in: start..<index)
        var end = index
        while end > start, isSpace(value[end - 1]) {
            end -= 1
        }
        guard start > afterScheme, let colon, colon > start, end - colon == 65 else { return .malformed }
        return .credential(Credential(macaroon: start..<colon, preimage: colon + 1..<end))
    }

    private mutating func skipForeign() {
        var isQuoted = false
        while index < value.count {
            switch value[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: ",") where !isQuoted: return
            default: break
            }
            index += 1
        }
    }

    private func position(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let base = value.baseAddress, let found = memchr(base + range.lowerBound, Int32(byte), range.count) else {
            return nil
        }
        return base.distance(to: UnsafeRawPointer(found))
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}
