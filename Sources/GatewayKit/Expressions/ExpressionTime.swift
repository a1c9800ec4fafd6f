/// A span of time, or a point on the calendar as the span since 1970-01-01 00:00 UTC. Exact to the nanosecond.
package struct ExpressionTime: Hashable, Comparable, Sendable {
    /// Rounded down.
    package let seconds: Int64
    /// 0..<1 000 000 000
    package let nanoseconds: Int32

    init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// `nil` when it is more than 64 bits of seconds.
    init?(totalNanoseconds: Int128) {
        var (seconds, rest) = totalNanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 {
            rest += 1_000_000_000
            seconds -= 1
        }
        guard let whole = Int64(exactly: seconds) else { return nil }
        self.init(seconds: whole, nanoseconds: Int32(rest))
    }

    package init(_ time: WallTime) {
        self.init(
            seconds: time.seconds,
            nanoseconds: Int32(truncatingIfNeeded: time.milliseconds &- time.seconds &* 1_000) &* 1_000_000
        )
    }

    var totalNanoseconds: Int128 { Int128(seconds) * 1_000_000_000 + Int128(nanoseconds) }

    package static func < (left: ExpressionTime, right: ExpressionTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The years 1 to 9999 (google.protobuf.Timestamp).
    var isPointInTime: Bool { (-62_135_596_800...253_402_300_799).contains(seconds) }

    /// What 64 bits of nanoseconds hold: about 292 years either way.
    var isSpan: Bool { Int64(exactly: totalNanoseconds) != nil }

    // MARK: Spans

    /// Reads `1h30m`, `1.5s`, `-250ms`, as `duration()` of CEL does; `nil` for anything else.
    static func duration(_ text: UnsafeRawBufferPointer) -> ExpressionTime? {
        var reader = ByteReader(text)
        let isNegative = reader.skip("-")
        if !isNegative { _ = reader.skip("+") }
        if reader.isOnly("0") { return ExpressionTime(seconds: 0) }
        var total: Int128 = 0
        repeat {
            guard let number = reader.decimal(), let unit = reader.unit() else { return nil }
            total += number.whole * unit + number.fraction * unit / number.scale
            guard total < Int128(1) << 80 else { return nil }
        } while !reader.isAtEnd
        return ExpressionTime(totalNanoseconds: isNegative ? -total : total).flatMap { $0.isSpan ? $0 : nil }
    }

    /// `90s`, `1.5s`: as CEL writes a duration.
    var durationText: String {
        let total = totalNanoseconds
        let magnitude = total.magnitude
        let (whole, rest) = magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
        return "\(total < 0 ? "-" : "")\(whole)\(Self.fraction(UInt32(rest)))s"
    }

    static func fraction(_ nanoseconds: UInt32) -> String {
        guard nanoseconds > 0 else { return "" }
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return ".\(digits)"
    }
}

extension ExpressionTime {
    /// Reads numbers and units one after the other.
    struct ByteReader {
        private let bytes: UnsafeRawBufferPointer
        private(set) var index = 0

        init(_ bytes: UnsafeRawBufferPointer) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { index == bytes.count }
        var next: UInt8? { index < bytes.count ? bytes[index] : nil }

        func isOnly(_ byte: Unicode.Scalar) -> Bool {
            bytes.count - index == 1 && next == UInt8(ascii: byte)
        }

        mutating func skip(_ byte: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: byte) else { return false }
            index += 1
            return true
        }

        /// Exactly so many digits.
        mutating func digits(_ count: Int) -> Int? {
            guard bytes.count - index >= count else { return nil }
            var number = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                number = number * 10 + Int(digit)
            }
            return number
        }

        mutating func digit() -> UInt8? {
            guard let byte = next, (0x30...0x39).contains(byte) else { return nil }
            index += 1
            return byte - 0x30
        }

        /// A number with at most 18 digits on either side of its point.
        mutating func decimal() -> (whole: Int128, fraction: Int128, scale: Int128)? {
            var whole: Int128 = 0
            var fraction: Int128 = 0
            var scale: Int128 = 1
            let start = index
            while let digit = digit() {
                guard index - start <= 18 else { return nil }
                whole = whole * 10 + Int128(digit)
            }
            var count = index - start
            if skip(".") {
                let point = index
                while let digit = digit() {
                    guard index - point <= 18 else { return nil }
                    fraction = fraction * 10 + Int128(digit)
                    scale *= 10
                }
                count += index - point
            }
            return count > 0 ? (whole, fraction, scale) : nil
        }

        /// The nanoseconds of a unit.
        mutating func unit() -> Int128? {
            let start = index
            while let byte = next, byte != UInt8(ascii: "."), !(0x30...0x39).contains(byte) {
                index += 1
            }
            switch String(decoding: bytes[start..<index], as: UTF8.self) {
            case "h": return 3_600_000_000_000
            case "m": return 60_000_000_000
            case "s": return 1_000_000_000
            case "ms": return 1_000_000
            case "us", "\u{B5}s", "\u{3BC}s": return 1_000
            case "ns": return 1
            default: return nil
            }
        }
    }
}
