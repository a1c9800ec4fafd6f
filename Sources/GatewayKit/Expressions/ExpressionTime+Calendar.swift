/// The calendar: Gregorian in all years, without leap seconds.
extension ExpressionTime {
    struct CivilDate: Equatable {
        let year: Int64
        /// 1...12
        let month: Int64
        /// 1...31
        let day: Int64
        /// From 0.
        let dayOfYear: Int64
        /// 0: Sunday.
        let dayOfWeek: Int64
    }

    static let secondsADay: Int64 = 86_400

    /// Moved by an offset from UTC.
    func shifted(by offset: Int64) -> ExpressionTime {
        ExpressionTime(seconds: seconds &+ offset, nanoseconds: nanoseconds)
    }

    var secondOfDay: Int64 { seconds - dayNumber * Self.secondsADay }

    private var dayNumber: Int64 {
        let (quotient, rest) = seconds.quotientAndRemainder(dividingBy: Self.secondsADay)
        return rest < 0 ? quotient - 1 : quotient
    }

    /// Counts in years that begin in March, so that the leap day is the last one (Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms").
    var date: CivilDate {
        let shifted = dayNumber + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        let day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let weekday = (dayNumber % 7 + 11) % 7
        return CivilDate(
            year: year,
            month: month,
            day: day,
            dayOfYear: dayNumber - Self.dayNumber(year: year, month: 1, day: 1),
            dayOfWeek: weekday
        )
    }

    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    // MARK: Text

    /// Reads a date and time of RFC 3339 §5.6; `nil` for anything else.
    static func timestamp(_ text: UnsafeRawBufferPointer) -> ExpressionTime? {
        var reader = ByteReader(text)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.skip("T") || reader.skip("t"),
            let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2), reader.skip(":"),
            let second = reader.digits(2),
            (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
        else { return nil }
        var nanoseconds: Int32 = 0
        if reader.skip(".") {
            var digits = 0
            while let digit = reader.digit() {
                digits += 1
                guard digits <= 9 else { return nil }
                nanoseconds = nanoseconds * 10 + Int32(digit)
            }
            guard digits > 0 else { return nil }
            for _ in digits..<9 { nanoseconds *= 10 }
        }
        var offset: Int64 = 0
        if !(reader.skip("Z") || reader.skip("z")) {
            guard let shift = offsetFromUTC(&reader) else { return nil }
            offset = shift
        }
        guard reader.isAtEnd else { return nil }
        let days = dayNumber(year: Int64(year), month: Int64(month), day: Int64(day))
        let midnight = ExpressionTime(seconds: days * secondsADay)
        // 31 April is 1 May.
        guard midnight.date.month == Int64(month) else { return nil }
        let seconds = days * secondsADay + Int64(hour * 3_600 + minute * 60 + second) - offset
        let time = ExpressionTime(seconds: seconds, nanoseconds: nanoseconds)
        return time.isPointInTime ? time : nil
    }

    /// `+01:00`, `-02:30`, `UTC`: seconds east of Greenwich; `nil` for the name of a place.
    static func zone(_ text: UnsafeRawBufferPointer) -> Int64? {
        if text.elementsEqual("UTC".utf8) || text.elementsEqual("Z".utf8) || text.isEmpty { return 0 }
        var reader = ByteReader(text)
        guard let offset = offsetFromUTC(&reader), reader.isAtEnd else { return nil }
        return offset
    }

    private static func offsetFromUTC(_ reader: inout ByteReader) -> Int64? {
        let isWest = reader.skip("-")
        if !isWest { _ = reader.skip("+") }
        guard let hours = reader.digits(2), reader.skip(":"), let minutes = reader.digits(2), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3_600 + minutes * 60)
        return isWest ? -seconds : seconds
    }

    /// RFC 3339, in UTC.
    var timestampText: String {
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = date
        let second = secondOfDay
        let day = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        let time = "\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(day)T\(time)\(Self.fraction(UInt32(nanoseconds)))Z"
    }
}
