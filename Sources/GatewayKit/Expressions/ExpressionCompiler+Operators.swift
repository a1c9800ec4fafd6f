/// Operators, literals of lists and maps, functions and macros.
extension ExpressionCompiler {
    mutating func not(_ operand: ExpressionSyntax, at offset: Int) throws(ExpressionMistake) -> Checked {
        let checked = try bool(operand, of: "!", at: offset)
        return try fold(.not(checked.node), at: offset, over: [checked.node], type: .bool)
    }

    mutating func negated(_ operand: ExpressionSyntax, at offset: Int) throws(ExpressionMistake) -> Checked {
        let checked = try check(operand)
        guard checked.type.mayBe(.int) || checked.type.mayBe(.double) else {
            throw ExpressionMistake(offset, "'-' negates an int or a double, not \(checked.type)")
        }
        return try fold(.negated(checked.node), at: offset, over: [checked.node], type: checked.type)
    }

    private mutating func bool(
        _ operand: ExpressionSyntax,
        of symbol: String,
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        let checked = try check(operand)
        guard checked.type.mayBe(.bool) else {
            throw ExpressionMistake(operand.start, "'\(symbol)' takes a bool here, not \(checked.type)")
        }
        return checked
    }

    mutating func conditional(
        _ condition: ExpressionSyntax,
        _ first: ExpressionSyntax,
        _ second: ExpressionSyntax,
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        let condition = try bool(condition, of: "?", at: offset)
        let first = try check(first)
        let second = try check(second)
        guard first.type.mayBe(second.type) else {
            throw ExpressionMistake(
                offset,
                "'?' chooses between values of one type, not \(first.type) and \(second.type)"
            )
        }
        let node = Node.conditional(condition.node, first.node, second.node)
        let parts = [condition.node, first.node, second.node]
        return try fold(node, at: offset, over: parts, type: first.type.joined(with: second.type))
    }

    mutating func binary(
        _ symbol: ExpressionOperator,
        _ left: ExpressionSyntax,
        _ right: ExpressionSyntax,
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        switch symbol {
        case .and, .or:
            let left = try bool(left, of: symbol.rawValue, at: offset)
            let right = try bool(right, of: symbol.rawValue, at: offset)
            let node: Node = symbol == .and ? .and(left.node, right.node) : .or(left.node, right.node)
            return try fold(node, at: offset, over: [left.node, right.node], type: .bool)
        case .isIn:
            return try membership(left, in: right, at: offset)
        case .equal, .notEqual:
            let left = try check(left)
            let right = try check(right)
            guard left.type.mayBe(right.type) else { throw mismatch(symbol, left.type, right.type, at: offset) }
            let node: Node = symbol == .equal ? .equal(left.node, right.node) : .notEqual(left.node, right.node)
            return try fold(node, at: offset, over: [left.node, right.node], type: .bool)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let left = try check(left)
            let right = try check(right)
            guard left.type.hasOrder, right.type.hasOrder,
                left.type.mayBe(right.type) || left.type.isNumber && right.type.isNumber
            else { throw mismatch(symbol, left.type, right.type, at: offset) }
            return try fold(
                .ordered(symbol, left.node, right.node),
                at: offset,
                over: [left.node, right.node],
                type: .bool
            )
        case .add, .subtract, .multiply, .divide, .remainder:
            let left = try check(left)
            let right = try check(right)
            guard let type = Self.result(of: symbol, left.type, right.type) else {
                throw mismatch(symbol, left.type, right.type, at: offset)
            }
            return try fold(
                .arithmetic(symbol, left.node, right.node),
                at: offset,
                over: [left.node, right.node],
                type: type
            )
        }
    }

    private func mismatch(
        _ symbol: ExpressionOperator,
        _ left: ExpressionType,
        _ right: ExpressionType,
        at offset: Int
    ) -> ExpressionMistake {
        var hint = ""
        if left.isNumber, right.isNumber {
            hint = "; write 1, 1u or 1.0, or convert with int(), uint() or double()"
        } else if left == .string || right == .string, left.isNumber || right.isNumber {
            hint = "; convert with int(), double() or string()"
        }
        return ExpressionMistake(offset, "'\(symbol.rawValue)' does not go between \(left) and \(right)\(hint)")
    }

    /// `nil` when the operator does not go between these.
    private static func result(
        of symbol: ExpressionOperator,
        _ left: ExpressionType,
        _ right: ExpressionType
    ) -> ExpressionType? {
        var signatures: [(ExpressionType, ExpressionType, ExpressionType)] = [
            (.int, .int, .int), (.uint, .uint, .uint),
        ]
        if symbol != .remainder { signatures.append((.double, .double, .double)) }
        if symbol == .add {
            signatures += [
                (.string, .string, .string), (.timestamp, .duration, .timestamp), (.duration, .timestamp, .timestamp),
                (.duration, .duration, .duration), (.list(.dyn), .list(.dyn), .list(.dyn)),
            ]
        }
        if symbol == .subtract {
            signatures += [
                (.timestamp, .timestamp, .duration), (.timestamp, .duration, .timestamp),
                (.duration, .duration, .duration),
            ]
        }
        let fitting = signatures.filter { left.mayBe($0.0) && right.mayBe($0.1) }
        guard let first = fitting.first else { return nil }
        if case .list = first.2 { return left.joined(with: right) }
        return fitting.allSatisfy { $0.2 == first.2 } ? first.2 : .dyn
    }

    // MARK: Lists and maps

    mutating func list(_ items: [ExpressionSyntax], at offset: Int) throws(ExpressionMistake) -> Checked {
        var parts = [Int32]()
        var element: ExpressionType?
        for item in items {
            let checked = try check(item)
            parts.append(checked.node)
            element = element.map { $0.joined(with: checked.type) } ?? checked.type
        }
        let start = operandList(parts)
        return try fold(.list(start, Int32(parts.count)), at: offset, over: parts, type: .list(element ?? .dyn))
    }

    mutating func map(
        _ entries: [(key: ExpressionSyntax, value: ExpressionSyntax)],
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        var parts = [Int32]()
        var key: ExpressionType?
        var value: ExpressionType?
        for entry in entries {
            let checkedKey = try check(entry.key)
            guard checkedKey.type.isKey else {
                throw ExpressionMistake(entry.key.offset, "\(checkedKey.type) cannot be the key of a map")
            }
            let checkedValue = try check(entry.value)
            parts += [checkedKey.node, checkedValue.node]
            key = key.map { $0.joined(with: checkedKey.type) } ?? checkedKey.type
            value = value.map { $0.joined(with: checkedValue.type) } ?? checkedValue.type
        }
        let start = operandList(parts)
        let node = Node.map(start, Int32(parts.count))
        return try fold(node, at: offset, over: parts, type: .map(key ?? .dyn, value ?? .dyn), mustSucceed: true)
    }

    // MARK: Functions

    mutating func call(
        _ name: String,
        on target: ExpressionSyntax?,
        _ arguments: [ExpressionSyntax],
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        if target == nil, name == "has" { return try presence(arguments, at: offset) }
        if let target, let quantifier = Self.quantifiers[name] {
            return try walk(quantifier, named: name, over: target, arguments, at: offset)
        }
        let overloads = ExpressionSignature.all.filter { $0.name == name }
        guard !overloads.isEmpty else { throw Self.unknownFunction(name, at: offset) }
        var parts = [Int32]()
        var types = [ExpressionType]()
        for part in (target.map { [$0] } ?? []) + arguments {
            let checked = try check(part)
            parts.append(checked.node)
            types.append(checked.type)
        }
        let fitting = overloads.filter { $0.isMethod == (target != nil) && $0.takes(types) }
        guard let first = fitting.first else {
            let ways = Set(overloads.map(\.description)).sorted().joined(separator: ", ")
            let given = types.isEmpty ? "nothing" : types.map(\.description).joined(separator: ", ")
            throw ExpressionMistake(offset, "'\(name)' does not take \(given); it is \(ways)")
        }
        if first.function.isPartOfTime, parts.count == 2, case .text(let zone)? = constantValue(parts[1]),
            zone.withBytes(ExpressionTime.zone) == nil
        {
            throw ExpressionMistake(
                arguments[0].offset,
                "a time zone is an offset such as '+01:00', or 'UTC': what places make of their clocks is not known here"
            )
        }
        let start = operandList(parts)
        return try fold(
            .call(first.function, start, Int32(parts.count)),
            at: offset,
            over: parts,
            type: first.result,
            mustSucceed: first.function.isConversion
        )
    }

    private static func unknownFunction(_ name: String, at offset: Int) -> ExpressionMistake {
        if let reason = ExpressionSignature.leftOut[name] { return ExpressionMistake(offset, reason) }
        let names = Set(ExpressionSignature.all.map(\.name)).sorted() + ["has"] + quantifiers.keys.sorted()
        let hint = Guess.hint(for: name, among: names)
        return ExpressionMistake(offset, "unknown function '\(name)'\(hint); there is \(names.joined(separator: ", "))")
    }

    // MARK: Macros

    private static let quantifiers: [String: ExpressionProgram.Quantifier] = [
        "exists": .exists, "all": .all, "exists_one": .existsOne, "existsOne": .existsOne,
    ]

    private mutating func walk(
        _ quantifier: ExpressionProgram.Quantifier,
        named name: String,
        over target: ExpressionSyntax,
        _ arguments: [ExpressionSyntax],
        at offset: Int
    ) throws(ExpressionMistake) -> Checked {
        guard arguments.count == 2, case .name(let local) = arguments[0].kind else {
            throw ExpressionMistake(offset, "'\(name)' takes a name and a condition: list.\(name)(x, x == 'a')")
        }
        let list = try check(target)
        let element: ExpressionType
        switch list.type {
        case .dyn: element = .dyn
        case .list(let type), .map(let type, _): element = type
        default: throw ExpressionMistake(offset, "'\(name)' goes through a list or the keys of a map, not \(list.type)")
        }
        locals.append((local, element))
        let body = try bool(arguments[1], of: name, at: offset)
        locals.removeLast()
        let count = constantValue(list.node)?.knownCount ?? 1
        // Costs stay small: a part never costs much more than is allowed for the whole.
        let total = 1 + cost(of: list.node) + count * cost(of: body.node)
        let node = try add(
            .walk(quantifier, list.node, body.node),
            at: offset,
            cost: min(total, ExpressionLimit.steps + 1)
        )
        return (node, .bool)
    }
}

extension ExpressionType {
    fileprivate var hasOrder: Bool {
        switch self {
        case .dyn, .bool, .int, .uint, .double, .string, .timestamp, .duration: true
        default: false
        }
    }

    fileprivate var isKey: Bool {
        switch self {
        case .dyn, .bool, .int, .uint, .string: true
        default: false
        }
    }
}

extension ExpressionValue {
    /// Of a list or map that is written in the expression.
    fileprivate var knownCount: Int? {
        switch self {
        case .list(let items): items.count
        case .map(let entries): entries.count
        default: nil
        }
    }
}
