/// A decimal number that is not negative and has at most 18 digits, exactly as it was written: `0.02`, `97123.45`.
public struct ExactDecimal: Hashable, Sendable {
    private static let mostDigits = 18
    private static let longestText = 64

    /// The number is this many times ten to the power of minus `scale`. At most 18 digits.
    public let coefficient: UInt64
    /// How many digits stand behind the point, without zeros at the end; 0...18.
    public let scale: Int

    /// Reads digits, with a point between two of them or without: no sign, no exponent. `nil` for anything else, and for
    /// what has too many digits.
    public init?(parsing text: some StringProtocol) {
        guard text.utf8.count <= Self.longestText else { return nil }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        var digits = Array(parts[0])
        var scale = 0
        if parts.count == 2 {
            digits += parts[1]
            scale = parts[1].count
        }
        self.init(digits: digits, scale: scale)
    }

    /// The same with an exponent, the form of a number in JSON: `9.7e4`.
    public init?(parsingNumber text: some StringProtocol) {
        guard text.utf8.count <= Self.longestText else { return nil }
        let parts = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard parts.count <= 2, let mantissa = ExactDecimal(parsing: parts[0]) else { return nil }
        guard parts.count == 2 else {
            self = mantissa
            return
        }
        guard let exponent = Int(parts[1]), (-40...40).contains(exponent) else { return nil }
        var digits = Array(String(mantissa.coefficient).utf8)
        let scale = mantissa.scale - exponent
        if scale < 0 { digits += [UInt8](repeating: UInt8(ascii: "0"), count: -scale) }
        self.init(digits: digits, scale: max(0, scale))
    }

    private init?(digits: [UInt8], scale: Int) {
        var digits = digits[...]
        var scale = scale
        while scale > 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            scale -= 1
        }
        digits = digits.drop { $0 == UInt8(ascii: "0") }
        // Digits alone: no sign can stand before them.
        guard digits.count <= Self.mostDigits, scale <= Self.mostDigits,
            let coefficient = digits.isEmpty ? 0 : UInt64(String(decoding: digits, as: UTF8.self))
        else { return nil }
        self.coefficient = coefficient
        self.scale = coefficient == 0 ? 0 : scale
    }

    public var isZero: Bool { coefficient == 0 }

    /// Ten to the power of `exponent`; `nil` when that is more than 128 bits hold.
    static func power(_ exponent: Int) -> UInt128? {
        guard (0...38).contains(exponent) else { return nil }
        return (0..<exponent).reduce(UInt128(1)) { power, _ in power * 10 }
    }

    /// The coefficients of both at the same scale. Each has at most 36 digits.
    package static func aligned(_ left: ExactDecimal, _ right: ExactDecimal) -> (left: UInt128, right: UInt128) {
        let scale = max(left.scale, right.scale)
        func coefficient(of number: ExactDecimal) -> UInt128 {
            UInt128(number.coefficient) * (power(scale - number.scale) ?? 1)
        }
        return (coefficient(of: left), coefficient(of: right))
    }
}

extension ExactDecimal: Comparable {
    public static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        let (left, right) = aligned(left, right)
        return left < right
    }
}

extension ExactDecimal: CustomStringConvertible {
    /// Without zeros that say nothing: `0.02`.
    public var description: String {
        guard scale > 0 else { return String(coefficient) }
        let digits = String(coefficient)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return "\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }
}
