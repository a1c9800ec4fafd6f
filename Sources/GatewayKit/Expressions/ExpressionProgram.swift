/// A checked expression: its operations in one array, each with the positions of those that it works on.
final class ExpressionProgram: Sendable {
    enum Node: Sendable {
        case constant(Int32)
        case variable(ExpressionVariable)
        /// What a macro walks over, counted from the outermost.
        case local(Int32)
        /// `request.headers['x-plan']`
        case field(Int32)
        case hasField(Int32)
        case isPresent(ExpressionVariable)
        case index(Int32, Int32)
        /// `has(a.b)`
        case has(Int32, Int32)
        case isIn(Int32, Int32)
        case not(Int32)
        case negated(Int32)
        case and(Int32, Int32)
        case or(Int32, Int32)
        case conditional(Int32, Int32, Int32)
        case equal(Int32, Int32)
        case notEqual(Int32, Int32)
        case ordered(ExpressionOperator, Int32, Int32)
        case arithmetic(ExpressionOperator, Int32, Int32)
        /// From there in `operands`, so many.
        case list(Int32, Int32)
        /// From there in `operands`, so many keys and values.
        case map(Int32, Int32)
        case call(ExpressionFunction, Int32, Int32)
        case walk(Quantifier, Int32, Int32)
    }

    enum Quantifier: Sendable {
        case exists, all, existsOne
    }

    let nodes: [Node]
    /// Of each node, where it stands in the text.
    let offsets: [Int32]
    let operands: [Int32]
    let constants: [ExpressionValue]
    let fields: [FieldName]
    let root: Int32

    init(
        nodes: [Node],
        offsets: [Int32],
        operands: [Int32],
        constants: [ExpressionValue],
        fields: [FieldName],
        root: Int32
    ) {
        self.nodes = nodes
        self.offsets = offsets
        self.operands = operands
        self.constants = constants
        self.fields = fields
        self.root = root
    }
}
