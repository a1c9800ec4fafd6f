/// Equality and order. Numbers compare by what they stand for, whatever their type.
extension ExpressionEvaluator {
    enum Order {
        case less, equal, greater
        /// One of them is no number.
        case none
    }

    /// Values of different types are not equal.
    mutating func areEqual(
        _ left: ExpressionValue,
        _ right: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let flag), .bool(let other)): return flag == other
        case (.text(let text), .text(let other)):
            try spend(bytes: text.byteCount, at: node)
            return text == other
        case (.timestamp(let time), .timestamp(let other)), (.duration(let time), .duration(let other)):
            return time == other
        case (.address(let address), .address(let other)): return address == other
        case (.network(let network), .network(let other)): return network == other
        case (.int, _), (.uint, _), (.double, _):
            return right.type.isNumber && Self.order(left, right) == .equal
        case (.headers, _), (.query, _), (_, .headers), (_, .query):
            throw failure(.type, at: node)
        case (.list, _), (.commaList, _), (.json(.array), _):
            return try areEqualLists(left, right, at: node)
        case (.map, _), (.json(.object), _):
            return try areEqualMaps(left, right, at: node)
        default:
            return false
        }
    }

    private mutating func areEqualLists(
        _ left: ExpressionValue,
        _ right: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        switch right {
        case .list, .commaList, .json(.array): break
        default: return false
        }
        let count = try count(of: left, at: node)
        guard count == (try self.count(of: right, at: node)) else { return false }
        for index in 0..<count {
            try spend(1, at: node)
            let item = try element(index, of: left, at: node)
            guard try areEqual(item, try element(index, of: right, at: node), at: node) else { return false }
        }
        return true
    }

    private mutating func areEqualMaps(
        _ left: ExpressionValue,
        _ right: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        switch right {
        case .map, .json(.object): break
        default: return false
        }
        let count = try count(of: left, at: node)
        guard count == (try self.count(of: right, at: node)) else { return false }
        for index in 0..<count {
            try spend(1, at: node)
            let key = try element(index, of: left, at: node)
            guard try hasKey(key, right, at: node) else { return false }
            let value = try item(key, of: left, at: node)
            guard try areEqual(value, try item(key, of: right, at: node), at: node) else { return false }
        }
        return true
    }

    // MARK: Order

    mutating func areOrdered(
        _ symbol: ExpressionOperator,
        _ left: ExpressionValue,
        _ right: ExpressionValue,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        let order: Order
        switch (left, right) {
        case (.bool(let flag), .bool(let other)):
            order = flag == other ? .equal : other ? .less : .greater
        case (.text(let text), .text(let other)):
            try spend(bytes: min(text.byteCount, other.byteCount), at: node)
            order = Self.order(text, other)
        case (.timestamp(let time), .timestamp(let other)), (.duration(let time), .duration(let other)):
            order = Self.order(time, other)
        case _ where left.type.isNumber && right.type.isNumber:
            order = Self.order(left, right)
        default:
            throw failure(.type, at: node)
        }
        return switch symbol {
        case .less: order == .less
        case .lessOrEqual: order == .less || order == .equal
        case .greater: order == .greater
        default: order == .greater || order == .equal
        }
    }

    /// `none` for what is no number.
    private static func order<Value: Comparable>(_ left: Value, _ right: Value) -> Order {
        left == right ? .equal : left < right ? .less : left > right ? .greater : .none
    }

    /// Of numbers; beside a double, as doubles.
    private static func order(_ left: ExpressionValue, _ right: ExpressionValue) -> Order {
        switch (left, right) {
        case (.int(let number), .int(let other)): return order(number, other)
        case (.uint(let number), .uint(let other)): return order(number, other)
        case (.int(let number), .uint(let other)): return number < 0 ? .less : order(UInt64(number), other)
        case (.uint(let number), .int(let other)): return other < 0 ? .greater : order(number, UInt64(other))
        case (.double(let number), .double(let other)): return order(number, other)
        case (.int(let number), .double(let other)): return order(Double(number), other)
        case (.uint(let number), .double(let other)): return order(Double(number), other)
        case (.double(let number), .int(let other)): return order(number, Double(other))
        case (.double(let number), .uint(let other)): return order(number, Double(other))
        default: return .none
        }
    }
}
