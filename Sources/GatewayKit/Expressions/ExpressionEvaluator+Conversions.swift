/// Conversions between types, and parts of times.
extension ExpressionEvaluator {
    mutating func converted(
        _ value: ExpressionValue,
        by function: ExpressionFunction,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        if case .text(let text) = value {
            guard function != .string else { return value }
            try spend(bytes: text.byteCount, at: node)
            guard let result = Self.read(text, as: function) else { throw failure(.conversion, at: node) }
            return result
        }
        switch (function, value) {
        case (.int, .int), (.uint, .uint), (.double, .double), (.bool, .bool), (.timestamp, .timestamp),
            (.duration, .duration):
            return value
        case (.int, .uint(let number)): return .int(try whole(number, at: node))
        case (.int, .double(let number)): return .int(try whole(number, at: node))
        case (.int, .timestamp(let time)): return .int(time.seconds)
        case (.uint, .int(let number)): return .uint(try whole(number, at: node))
        case (.uint, .double(let number)): return .uint(try whole(number, at: node))
        case (.double, .int(let number)): return .double(Double(number))
        case (.double, .uint(let number)): return .double(Double(number))
        case (.timestamp, .int(let number)):
            let time = ExpressionTime(seconds: number)
            guard time.isPointInTime else { throw failure(.overflow, at: node) }
            return .timestamp(time)
        case (.string, _):
            guard let text = Self.written(value) else { throw failure(.type, at: node) }
            return .text(text)
        default:
            throw failure(.type, at: node)
        }
    }

    private func whole<Number: FixedWidthInteger>(
        _ number: some BinaryInteger,
        at node: Int32
    ) throws(ExpressionFailure) -> Number {
        guard let result = Number(exactly: number) else { throw failure(.overflow, at: node) }
        return result
    }

    /// Without its fraction. The edges are out of range: a double near them stands for others, too.
    private func whole<Number: FixedWidthInteger>(_ number: Double, at node: Int32) throws(ExpressionFailure) -> Number
    {
        guard number > Double(Number.min) || number >= 0 && Number.min == 0, number < Double(Number.max),
            let result = Number(exactly: number.rounded(.towardZero))
        else { throw failure(.overflow, at: node) }
        return result
    }

    private static func read(_ text: ExpressionText, as function: ExpressionFunction) -> ExpressionValue? {
        switch function {
        case .timestamp: return text.withBytes { ExpressionTime.timestamp($0) }.map { .timestamp($0) }
        case .duration: return text.withBytes { ExpressionTime.duration($0) }.map { .duration($0) }
        default: break
        }
        guard text.byteCount <= 64 else { return nil }
        let string = text.string
        switch function {
        case .int: return Int64(string).map { .int($0) }
        case .uint: return UInt64(string).map { .uint($0) }
        case .double:
            // Swift reads hexadecimal doubles and words, too.
            guard string.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }) else { return nil }
            return Double(string).map { .double($0) }
        case .bool:
            switch string {
            case "1", "t", "true", "TRUE", "True": return .bool(true)
            case "0", "f", "false", "FALSE", "False": return .bool(false)
            default: return nil
            }
        default: return nil
        }
    }

    private static func written(_ value: ExpressionValue) -> String? {
        switch value {
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .double(let number):
            number.isFinite ? ECMAScriptNumber.text(of: number) : number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf"
        case .timestamp(let time): time.timestampText
        case .duration(let span): span.durationText
        case .address(let address): address.description
        case .network(let network): network.description
        default: nil
        }
    }

    // MARK: Parts of times

    func part(
        _ function: ExpressionFunction,
        of value: ExpressionValue,
        zone: ExpressionValue?,
        at node: Int32
    ) throws(ExpressionFailure) -> Int64 {
        switch value {
        case .timestamp(let time):
            guard let zone else { return Self.part(function, of: time) }
            guard case .text(let name) = zone else { throw failure(.type, at: node) }
            guard let offset = name.withBytes(ExpressionTime.zone) else { throw failure(.conversion, at: node) }
            return Self.part(function, of: time.shifted(by: offset))
        case .duration(let span):
            let nanoseconds = span.totalNanoseconds
            switch function {
            case .hours: return Int64(clamping: nanoseconds / 3_600_000_000_000)
            case .minutes: return Int64(clamping: nanoseconds / 60_000_000_000)
            case .seconds: return Int64(clamping: nanoseconds / 1_000_000_000)
            case .milliseconds: return Int64(clamping: nanoseconds / 1_000_000 % 1_000)
            default: throw failure(.type, at: node)
            }
        default:
            throw failure(.type, at: node)
        }
    }

    private static func part(_ function: ExpressionFunction, of time: ExpressionTime) -> Int64 {
        switch function {
        case .fullYear: time.date.year
        case .month: time.date.month - 1
        case .dayOfMonth: time.date.day - 1
        case .date: time.date.day
        case .dayOfWeek: time.date.dayOfWeek
        case .dayOfYear: time.date.dayOfYear
        case .hours: time.secondOfDay / 3_600
        case .minutes: time.secondOfDay / 60 % 60
        case .seconds: time.secondOfDay % 60
        default: Int64(time.nanoseconds) / 1_000_000
        }
    }
}
