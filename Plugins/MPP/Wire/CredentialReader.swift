internal import GatewayKit

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Finds credentials of the `Payment` scheme in the value of an `Authorization` or `Payment-Authorization` line.
///
/// RFC 9110 §11.6.2 allows one credential a line, but clients exist that join several with commas: what belongs to
/// another scheme is passed over, quoted strings included.
struct CredentialReader {
    private static let scheme = Array("payment".utf8)

    private let value: UnsafeRawBufferPointer
    private var index = 0

    init(_ value: UnsafeRawBufferPointer) {
        self.value = value
    }

    /// True when a credential of the scheme stands in the value, whether it can be read or not. Costs no allocation.
    static func finds(in value: UnsafeRawBufferPointer) -> Bool {
        var reader = CredentialReader(value)
        return reader.next() != nil
    }

    /// Where the next credential's token stands; empty when nothing stands behind the scheme. `nil` at the end.
    mutating func next() -> Range<Int>? {
        while true {
            while index < value.count, isSpace(value[index]) || value[index] == UInt8(ascii: ",") {
                index += 1
            }
            guard index < value.count else { return nil }
            let start = index
            while index < value.count, ASCII.isTokenByte(value[index]) {
                index += 1
            }
            let name = UnsafeRawBufferPointer(rebasing: value[start..<index])
            if ASCII.equalIgnoringCase(name, Self.scheme) { return token() }
            skipForeign()
        }
    }

    private mutating func token() -> Range<Int> {
        while index < value.count, isSpace(value[index]) {
            index += 1
        }
        let start = index
        while index < value.count, value[index] != UInt8(ascii: ",") {
            index += 1
        }
        var end = index
        while end > start, isSpace(value[end - 1]) {
            end -= 1
        }
        return start..<end
    }

    private mutating func skipForeign() {
        // Nearly always nothing follows.
        guard let rest = value.baseAddress, memchr(rest + index, Int32(UInt8(ascii: ",")), value.count - index) != nil
        else {
            index = value.count
            return
        }
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

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}
