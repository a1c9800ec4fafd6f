/// 32 bytes that cost no allocation: hashes, preimages, keys, token ids.
public struct Bytes32: Hashable, Sendable {
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64)

    public static let zero = Bytes32(words: (0, 0, 0, 0))

    @usableFromInline
    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// `nil` unless there are exactly 32.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        words = bytes.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
    }

    public init?(_ bytes: some Sequence<UInt8>) {
        let array = Array(bytes)
        guard let value = array.withUnsafeBytes({ Bytes32($0) }) else { return nil }
        self = value
    }

    /// 64 hexadecimal digits in any case; `nil` for anything else.
    public init?(hex: some StringProtocol) {
        var hex = String(hex)
        guard let value = hex.withUTF8({ Bytes32(hexDigits: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    /// 64 hexadecimal digits in any case; `nil` for anything else. Costs no allocation.
    public init?(hexDigits digits: UnsafeRawBufferPointer) {
        guard digits.count == 64 else { return nil }
        var value = Bytes32.zero
        let isHex = value.withUnsafeMutableBytes { bytes in
            for index in 0..<32 {
                guard let high = ASCII.hexValue(digits[2 * index]), let low = ASCII.hexValue(digits[2 * index + 1])
                else {
                    return false
                }
                bytes[index] = high << 4 | low
            }
            return true
        }
        guard isHex else { return nil }
        self = value
    }

    /// From the system's cryptographically secure generator.
    public static func random() -> Bytes32 {
        var generator = SystemRandomNumberGenerator()
        return Bytes32(words: (generator.next(), generator.next(), generator.next(), generator.next()))
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: words, body)
    }

    public mutating func withUnsafeMutableBytes<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try Swift.withUnsafeMutableBytes(of: &words, body)
    }

    public var array: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// 64 digits in lower case.
    public var hex: String {
        withUnsafeBytes { Hex.encoded($0) }
    }

    /// Takes the same time wherever the two differ: for what an attacker may guess byte by byte.
    public func equalsInConstantTime(_ other: Bytes32) -> Bool {
        let difference =
            (words.0 ^ other.words.0) | (words.1 ^ other.words.1) | (words.2 ^ other.words.2)
            | (words.3 ^ other.words.3)
        return difference == 0
    }

    public static func == (left: Bytes32, right: Bytes32) -> Bool {
        left.equalsInConstantTime(right)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

package enum Hex {
    package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var digits = [UInt8]()
        for byte in bytes {
            digits.append(ASCII.lowercaseHexDigits[Int(byte >> 4)])
            digits.append(ASCII.lowercaseHexDigits[Int(byte & 15)])
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// `nil` for an odd number of digits or anything that is not one.
    package static func decoded(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes = [UInt8]()
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = ASCII.hexValue(digits[index]), let low = ASCII.hexValue(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
