/// Numbers as ECMAScript writes them (ECMA-262, Number::toString; RFC 8785 §3.2.2.3).
enum ECMAScriptNumber {
    /// - Precondition: `number` is finite. JSON has no other numbers.
    static func text(of number: Double) -> String {
        precondition(number.isFinite, "JSON has no infinity")
        guard number != 0 else { return "0" }
        let sign = number < 0 ? "-" : ""
        let (digits, point) = shortest(number.magnitude)
        let count = digits.count
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        switch point {
        case count...max(count, 21) where point <= 21:
            return sign + text(0..<count) + String(repeating: "0", count: point - count)
        case 1...21:
            return sign + text(0..<point) + "." + text(point..<count)
        case -5...0:
            return sign + "0." + String(repeating: "0", count: -point) + text(0..<count)
        default:
            let exponent = point - 1
            let fraction = count > 1 ? "." + text(1..<count) : ""
            return sign + text(0..<1) + fraction + "e" + (exponent < 0 ? "-" : "+") + String(exponent.magnitude)
        }
    }

    /// The fewest digits that mean this number, and how many of them stand before the point.
    private static func shortest(_ number: Double) -> (digits: [UInt8], point: Int) {
        // Swift prints the shortest digits that are read back as the same number, and of those the nearest.
        let parts = number.description.utf8.split(separator: UInt8(ascii: "e"))
        let exponent = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
        let mantissa = Array(parts[0])
        let before = mantissa.firstIndex(of: UInt8(ascii: ".")) ?? mantissa.count
        var digits = mantissa.filter { $0 != UInt8(ascii: ".") }
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, before + exponent - zeros)
    }
}
