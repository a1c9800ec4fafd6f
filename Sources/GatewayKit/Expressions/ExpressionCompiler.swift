/// Checks the types of an expression and makes a program of it. What is made of literals alone is computed once, here.
struct ExpressionCompiler {
    typealias Node = ExpressionProgram.Node
    /// A node, and what is known of its value.
    typealias Checked = (node: Int32, type: ExpressionType)

    let scope: ExpressionScope
    var locals: [(name: String, type: ExpressionType)] = []
    private(set) var reads: Set<ExpressionVariable> = []
    private(set) var readsAnyField = false
    private var nodes: [Node] = []
    private var offsets: [Int32] = []
    private var operands: [Int32] = []
    private var constants: [ExpressionValue] = []
    private var fields: [FieldName] = []
    /// Steps that an evaluation takes at the least, from each node on.
    private var costs: [Int] = []

    init(_ scope: ExpressionScope) {
        self.scope = scope
    }

    mutating func compile(_ syntax: ExpressionSyntax) throws(ExpressionMistake) -> ExpressionProgram {
        let checked = try check(syntax)
        guard scope.results.contains(where: checked.type.mayBe) else {
            throw ExpressionMistake(syntax.start, "it should give \(scope.expected), and this gives \(checked.type)")
        }
        guard costs[Int(checked.node)] <= ExpressionLimit.steps else {
            throw ExpressionMistake(syntax.offset, "it may take more than \(ExpressionLimit.steps) steps")
        }
        return program(root: checked.node)
    }

    private func program(root: Int32) -> ExpressionProgram {
        ExpressionProgram(
            nodes: nodes,
            offsets: offsets,
            operands: operands,
            constants: constants,
            fields: fields,
            root: root
        )
    }

    mutating func check(_ syntax: ExpressionSyntax) throws(ExpressionMistake) -> Checked {
        switch syntax.kind {
        case .literal(let value): try constant(value, at: syntax.offset)
        case .name, .member: try selection(syntax)
        case .index(let target, let index): try subscripted(target, by: index, at: syntax.offset)
        case .call(let target, let name, let arguments): try call(name, on: target, arguments, at: syntax.offset)
        case .list(let items): try list(items, at: syntax.offset)
        case .map(let entries): try map(entries, at: syntax.offset)
        case .not(let operand): try not(operand, at: syntax.offset)
        case .negated(let operand): try negated(operand, at: syntax.offset)
        case .binary(let symbol, let left, let right): try binary(symbol, left, right, at: syntax.offset)
        case .conditional(let condition, let first, let second):
            try conditional(condition, first, second, at: syntax.offset)
        }
    }

    // MARK: Nodes

    mutating func add(
        _ node: Node,
        at offset: Int,
        over parts: [Int32] = [],
        cost: Int? = nil
    ) throws(ExpressionMistake) -> Int32 {
        guard nodes.count < ExpressionLimit.nodes else {
            throw ExpressionMistake(offset, "an expression has at most \(ExpressionLimit.nodes) operations")
        }
        nodes.append(node)
        offsets.append(Int32(offset))
        costs.append(cost ?? parts.reduce(1) { min($0 + costs[Int($1)], ExpressionLimit.steps + 1) })
        return Int32(nodes.count - 1)
    }

    func cost(of node: Int32) -> Int { costs[Int(node)] }

    mutating func operandList(_ parts: [Int32]) -> Int32 {
        operands += parts
        return Int32(operands.count - parts.count)
    }

    mutating func constant(_ value: ExpressionValue, at offset: Int) throws(ExpressionMistake) -> Checked {
        constants.append(value)
        let node = try add(.constant(Int32(constants.count - 1)), at: offset)
        return (node, value.type)
    }

    mutating func variable(_ variable: ExpressionVariable, at offset: Int) throws(ExpressionMistake) -> Checked {
        reads.insert(variable)
        if variable == .headers { readsAnyField = true }
        return (try add(.variable(variable), at: offset), variable.type)
    }

    mutating func field(_ name: FieldName) -> Int32 {
        reads.insert(.headers)
        if let index = fields.firstIndex(of: name) { return Int32(index) }
        fields.append(name)
        return Int32(fields.count - 1)
    }

    mutating func presence(of variable: ExpressionVariable, at offset: Int) throws(ExpressionMistake) -> Checked {
        reads.insert(variable)
        return (try add(.isPresent(variable), at: offset), .bool)
    }

    /// The value of a node that is a literal, or was computed from literals.
    func constantValue(_ node: Int32) -> ExpressionValue? {
        guard case .constant(let index) = nodes[Int(node)] else { return nil }
        return constants[Int(index)]
    }

    /// Adds a node, or its value where all parts are known and it has one.
    mutating func fold(
        _ node: Node,
        at offset: Int,
        over parts: [Int32],
        type: ExpressionType,
        mustSucceed: Bool = false
    ) throws(ExpressionMistake) -> Checked {
        let added = try add(node, at: offset, over: parts)
        guard parts.allSatisfy({ constantValue($0) != nil }) else { return (added, type) }
        var evaluator = ExpressionEvaluator(program(root: added), .nothing)
        do throws(ExpressionFailure) {
            let value = try evaluator.value()
            constants.append(value)
            nodes[Int(added)] = .constant(Int32(constants.count - 1))
            costs[Int(added)] = 1
        } catch {
            guard mustSucceed else { return (added, type) }
            throw ExpressionMistake(offset, "this always fails: \(error.sentence)")
        }
        return (added, type)
    }
}
