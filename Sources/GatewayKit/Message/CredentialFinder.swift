#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Finds the credentials of one scheme in the value of an `Authorization` line. Costs no allocation.
///
/// RFC 9110 §11.6.2 allows one credential a line, but clients exist that join several with commas: what belongs to
/// another scheme is passed over, quoted strings included.
package struct CredentialFinder {
    /// Where a credential stands in the value.
    package struct Finding {
        /// Behind the name of the scheme, without the space around it; empty when nothing stands there.
        package let token: Range<Int>
        /// True when there is space between the two, as there must be.
        package let isApart: Bool
    }

    private let value: UnsafeRawBufferPointer
    private var index = 0

    package init(_ value: UnsafeRawBufferPointer) {
        self.value = value
    }

    /// The next credential of a scheme by whose name `isOurs` knows it; `nil` at the end.
    package mutating func next(of isOurs: (UnsafeRawBufferPointer) -> Bool) -> Finding? {
        while true {
            while index < value.count, Self.isSpace(value[index]) || value[index] == UInt8(ascii: ",") {
                index += 1
            }
            guard index < value.count else { return nil }
            let start = index
            while index < value.count, ASCII.isTokenByte(value[index]) {
                index += 1
            }
            if isOurs(UnsafeRawBufferPointer(rebasing: value[start..<index])) { return finding() }
            skipForeign()
        }
    }

    private mutating func finding() -> Finding {
        let nameEnd = index
        while index < value.count, Self.isSpace(value[index]) {
            index += 1
        }
        let start = index
        index = Self.position(of: UInt8(ascii: ","), in: start..<value.count, value) ?? value.count
        var end = index
        while end > start, Self.isSpace(value[end - 1]) {
            end -= 1
        }
        return Finding(token: start..<end, isApart: start > nameEnd)
    }

    private mutating func skipForeign() {
        // Nearly always nothing follows.
        guard Self.position(of: UInt8(ascii: ","), in: index..<value.count, value) != nil else {
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

    /// Credentials are long: looked through by the word.
    package static func position(of byte: UInt8, in range: Range<Int>, _ value: UnsafeRawBufferPointer) -> Int? {
        guard let base = value.baseAddress, let found = memchr(base + range.lowerBound, Int32(byte), range.count) else {
            return nil
        }
        return base.distance(to: UnsafeRawPointer(found))
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}
