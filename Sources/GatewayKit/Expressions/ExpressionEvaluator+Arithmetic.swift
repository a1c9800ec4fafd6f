/// Arithmetic, which never wraps: what does not fit is a failure.
extension ExpressionEvaluator {
    func negated(_ value: ExpressionValue, at node: Int32) throws(ExpressionFailure) -> ExpressionValue {
        switch value {
        case .int(let number):
            let (result, overflow) = Int64(0).subtractingReportingOverflow(number)
            guard !overflow else { throw failure(.overflow, at: node) }
            return .int(result)
        case .double(let number): return .double(-number)
        default: throw failure(.type, at: node)
        }
    }

    mutating func result(
        of symbol: ExpressionOperator,
        _ left: ExpressionValue,
        _ right: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch (left, right) {
        case (.int(let number), .int(let other)):
            return .int(try whole(symbol, number, other, at: node))
        case (.uint(let number), .uint(let other)):
            return .uint(try whole(symbol, number, other, at: node))
        case (.double(let number), .double(let other)):
            switch symbol {
            case .add: return .double(number + other)
            case .subtract: return .double(number - other)
            case .multiply: return .double(number * other)
            case .divide: return .double(number / other)
            default: throw failure(.type, at: node)
            }
        case (.text(let text), .text(let other)) where symbol == .add:
            try spend(bytes: text.byteCount + other.byteCount, at: node)
            return .text(text.joined(with: other))
        case (.timestamp, _), (.duration, _):
            return try time(symbol, left, right, at: node)
        case (.list, _), (.commaList, _), (.json(.array), _):
            guard symbol == .add else { throw failure(.type, at: node) }
            return .list(try items(of: left, at: node) + (try items(of: right, at: node)))
        default:
            throw failure(.type, at: node)
        }
    }

    private func whole<Number: FixedWidthInteger>(
        _ symbol: ExpressionOperator,
        _ left: Number,
        _ right: Number,
        at node: Int32
    ) throws(ExpressionFailure) -> Number {
        if right == 0, symbol == .divide || symbol == .remainder { throw failure(.divisionByZero, at: node) }
        let (result, overflow) =
            switch symbol {
            case .add: left.addingReportingOverflow(right)
            case .subtract: left.subtractingReportingOverflow(right)
            case .multiply: left.multipliedReportingOverflow(by: right)
            case .divide: left.dividedReportingOverflow(by: right)
            default: left.remainderReportingOverflow(dividingBy: right)
            }
        guard !overflow else { throw failure(.overflow, at: node) }
        return result
    }

    private mutating func items(of list: ExpressionValue, at node: Int32) throws(ExpressionFailure) -> [ExpressionValue]
    {
        switch list {
        case .list, .commaList, .json(.array): break
        default: throw failure(.type, at: node)
        }
        let count = try count(of: list, at: node)
        try spend(count, at: node)
        var items = [ExpressionValue]()
        for index in 0..<count {
            items.append(try element(index, of: list, at: node))
        }
        return items
    }

    private func time(
        _ symbol: ExpressionOperator,
        _ left: ExpressionValue,
        _ right: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> ExpressionValue {
        switch (left, symbol, right) {
        case (.timestamp(let time), .add, .duration(let span)), (.duration(let span), .add, .timestamp(let time)):
            return .timestamp(try point(time.totalNanoseconds + span.totalNanoseconds, at: node))
        case (.timestamp(let time), .subtract, .duration(let span)):
            return .timestamp(try point(time.totalNanoseconds - span.totalNanoseconds, at: node))
        case (.timestamp(let time), .subtract, .timestamp(let other)),
            (.duration(let time), .subtract, .duration(let other)):
            return .duration(try span(time.totalNanoseconds - other.totalNanoseconds, at: node))
        case (.duration(let span), .add, .duration(let other)):
            return .duration(try self.span(span.totalNanoseconds + other.totalNanoseconds, at: node))
        default:
            throw failure(.type, at: node)
        }
    }

    private func point(_ nanoseconds: Int128, at node: Int32) throws(ExpressionFailure) -> ExpressionTime {
        guard let time = ExpressionTime(totalNanoseconds: nanoseconds), time.isPointInTime else {
            throw failure(.overflow, at: node)
        }
        return time
    }

    private func span(_ nanoseconds: Int128, at node: Int32) throws(ExpressionFailure) -> ExpressionTime {
        guard let time = ExpressionTime(totalNanoseconds: nanoseconds), time.isSpan else {
            throw failure(.overflow, at: node)
        }
        return time
    }
}
