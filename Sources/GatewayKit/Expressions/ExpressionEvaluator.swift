/// Computes the value of a program for one request. Ends within its steps, and never traps.
///
/// Allocates for texts that are put together, for lists and maps that are no literals, and for what a macro walks over.
struct ExpressionEvaluator {
    let program: ExpressionProgram
    let input: ExpressionInput
    private var steps = ExpressionLimit.steps
    private var locals: [ExpressionValue] = []

    init(_ program: ExpressionProgram, _ input: ExpressionInput) {
        self.program = program
        self.input = input
    }

    mutating func value() throws(ExpressionFailure) -> ExpressionValue {
        try value(of: program.root)
    }

    mutating func value(of node: Int32) throws(ExpressionFailure) -> ExpressionValue {
        try spend(1, at: node)
        switch program.nodes[Int(node)] {
        case .constant(let index):
            return program.constants[Int(index)]
        case .variable(let variable):
            return try value(of: variable, at: node)
        case .local(let index):
            return locals[Int(index)]
        case .field(let index):
            guard let text = field(program.fields[Int(index)]) else { throw failure(.absent, at: node) }
            return .text(text)
        case .hasField(let index):
            return .bool(hasField(program.fields[Int(index)]))
        case .isPresent(let variable):
            return .bool(isPresent(variable))
        case .index(let target, let key):
            let target = try value(of: target)
            return try item(try value(of: key), of: target, at: node)
        case .has(let target, let key):
            let target = try value(of: target)
            return .bool(try hasKey(try value(of: key), target, at: node))
        case .isIn(let item, let collection):
            let item = try value(of: item)
            return .bool(try contains(try value(of: collection), item, at: node))
        case .not(let operand):
            return .bool(!(try bool(operand)))
        case .negated(let operand):
            return try negated(try value(of: operand), at: node)
        case .and(let left, let right):
            return .bool(try both(left, right, decidedBy: false))
        case .or(let left, let right):
            return .bool(try both(left, right, decidedBy: true))
        case .conditional(let condition, let first, let second):
            return try bool(condition) ? value(of: first) : value(of: second)
        case .equal(let left, let right):
            let left = try value(of: left)
            return .bool(try areEqual(left, try value(of: right), at: node))
        case .notEqual(let left, let right):
            let left = try value(of: left)
            return .bool(!(try areEqual(left, try value(of: right), at: node)))
        case .ordered(let symbol, let left, let right):
            let left = try value(of: left)
            return .bool(try areOrdered(symbol, left, try value(of: right), at: node))
        case .arithmetic(let symbol, let left, let right):
            let left = try value(of: left)
            return try result(of: symbol, left, try value(of: right), at: node)
        case .list(let start, let count):
            return .list(try values(start, count))
        case .map(let start, let count):
            return try map(try values(start, count), at: node)
        case .call(let function, let start, let count):
            return try call(function, start, count, at: node)
        case .walk(let quantifier, let list, let body):
            return .bool(try walk(quantifier, over: try value(of: list), body, at: node))
        }
    }

    // MARK: Steps and failures

    mutating func spend(_ count: Int, at node: Int32) throws(ExpressionFailure) {
        steps -= count
        guard steps >= 0 else {
            // What is left is not worth an attempt: otherwise `||` would go on.
            steps = 0
            throw failure(.budget, at: node)
        }
    }

    /// For what takes time in proportion to a text.
    mutating func spend(bytes: Int, at node: Int32) throws(ExpressionFailure) {
        if bytes >= 64 { try spend(bytes / 64, at: node) }
    }

    func failure(_ reason: ExpressionFailure.Reason, at node: Int32) -> ExpressionFailure {
        ExpressionFailure(reason, at: program.offsets[Int(node)])
    }

    // MARK: Logic

    private mutating func bool(_ node: Int32) throws(ExpressionFailure) -> Bool {
        guard case .bool(let flag) = try value(of: node) else { throw failure(.type, at: node) }
        return flag
    }

    /// `&&` and `||`: a side that decides does so whatever the other one is, a failure included (CEL language definition,
    /// "Logical Operators").
    private mutating func both(
        _ left: Int32,
        _ right: Int32,
        decidedBy decision: Bool
    ) throws(ExpressionFailure) -> Bool {
        do throws(ExpressionFailure) {
            if try bool(left) == decision { return decision }
        } catch {
            if error.reason != .budget, try bool(right) == decision { return decision }
            throw error
        }
        return try bool(right)
    }

    private mutating func walk(
        _ quantifier: ExpressionProgram.Quantifier,
        over list: ExpressionValue,
        _ body: Int32,
        at node: Int32
    ) throws(ExpressionFailure) -> Bool {
        let count = try count(of: list, at: node)
        var found = 0
        var failed: ExpressionFailure?
        let depth = locals.count
        defer { locals.removeSubrange(depth...) }
        for index in 0..<count {
            try spend(1, at: node)
            locals.removeSubrange(depth...)
            locals.append(try element(index, of: list, at: node))
            do throws(ExpressionFailure) {
                let holds = try bool(body)
                switch quantifier {
                case .exists where holds: return true
                case .all where !holds: return false
                default: found += holds ? 1 : 0
                }
            } catch {
                // One that decides counts more than one that fails, wherever it stands; that there is exactly one cannot be
                // told with a failure.
                if error.reason == .budget || quantifier == .existsOne { throw error }
                failed = failed ?? error
            }
        }
        if let failed { throw failed }
        return quantifier == .existsOne ? found == 1 : quantifier == .all
    }

    // MARK: Lists and maps

    private mutating func values(_ start: Int32, _ count: Int32) throws(ExpressionFailure) -> [ExpressionValue] {
        var values = [ExpressionValue]()
        values.reserveCapacity(Int(count))
        for index in Int(start)..<Int(start + count) {
            values.append(try value(of: program.operands[index]))
        }
        return values
    }

    private mutating func map(_ values: [ExpressionValue], at node: Int32) throws(ExpressionFailure) -> ExpressionValue
    {
        var entries = [ExpressionValue.Entry]()
        entries.reserveCapacity(values.count / 2)
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            switch values[index] {
            case .bool, .int, .uint, .text: break
            default: throw failure(.type, at: node)
            }
            for entry in entries {
                try spend(1, at: node)
                guard !(try areEqual(entry.key, values[index], at: node)) else { throw failure(.ambiguous, at: node) }
            }
            entries.append(.init(key: values[index], value: values[index + 1]))
        }
        return .map(entries)
    }
}
