/// A time as LNbits writes it: `2026-11-30T09:54:50.783524+00:00`, or without the fraction, or with `Z`. Always UTC.
package struct LNbitsTime: Hashable, Sendable {
    /// Since 1970.
    package let microseconds: UInt64

    /// `nil` for anything else, and for times before 1970.
    package init?(parsing text: String) {
        var rest = Array(text.utf8)[...]
        func digits(_ count: Int) -> UInt64? {
            let digits = rest.prefix(count)
            guard digits.count == count, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(count)
            return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
        }
        func skip(_ byte: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: byte) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = digits(4), year >= 1970, skip("-"), let month = digits(2), (1...12).contains(month), skip("-"),
            let day = digits(2), (1...31).contains(day), skip("T") || skip(" "),
            let hour = digits(2), hour < 24, skip(":"), let minute = digits(2), minute < 60, skip(":"),
            let second = digits(2), second < 60
        else { return nil }
        var fraction: UInt64 = 0
        if skip(".") {
            let written = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(written.count) else { return nil }
            let six = (Array(written) + [UInt8](repeating: 0x30, count: 6)).prefix(6)
            fraction = six.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
            rest = rest.dropFirst(written.count)
        }
        guard rest.isEmpty || rest.elementsEqual("Z".utf8) || rest.elementsEqual("+00:00".utf8) else { return nil }
        let seconds = Self.days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        microseconds = seconds * 1_000_000 + fraction
    }

    /// Days from 1970-01-01 to a date of the Gregorian calendar that is not before it (Hinnant, "chrono-Compatible Low-Level
    /// Date Algorithms").
    private static func days(_ year: UInt64, _ month: UInt64, _ day: UInt64) -> UInt64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
