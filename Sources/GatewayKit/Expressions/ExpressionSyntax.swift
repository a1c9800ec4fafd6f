/// An expression as it is written, before anybody has asked what its names mean.
struct ExpressionSyntax {
    indirect enum Kind {
        case literal(ExpressionValue)
        case name(String)
        case member(ExpressionSyntax, String)
        case index(ExpressionSyntax, ExpressionSyntax)
        case call(ExpressionSyntax?, String, [ExpressionSyntax])
        case list([ExpressionSyntax])
        case map([(key: ExpressionSyntax, value: ExpressionSyntax)])
        case not(ExpressionSyntax)
        case negated(ExpressionSyntax)
        case binary(ExpressionOperator, ExpressionSyntax, ExpressionSyntax)
        case conditional(ExpressionSyntax, ExpressionSyntax, ExpressionSyntax)
    }

    let kind: Kind
    /// Where it is pointed at: the operator of an operation, the name of a call.
    let offset: Int
    /// 1 for what holds no other.
    let depth: Int

    init(_ kind: Kind, at offset: Int, depth: Int = 1) {
        self.kind = kind
        self.offset = offset
        self.depth = depth
    }

    /// Where its text begins, but for brackets.
    var start: Int {
        switch kind {
        case .member(let target, _), .index(let target, _), .call(let target?, _, _), .binary(_, let target, _),
            .conditional(let target, _, _):
            target.start
        default: offset
        }
    }

    /// `request.headers`: the names that dots join; `nil` for anything else.
    var path: String? {
        switch kind {
        case .name(let name): name
        case .member(let target, let name): target.path.map { "\($0).\(name)" }
        default: nil
        }
    }
}

/// An operator with two sides, by how tightly it binds.
enum ExpressionOperator: String {
    case or = "||", and = "&&"
    case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">=", isIn =
        "in"
    case add = "+", subtract = "-"
    case multiply = "*", divide = "/", remainder = "%"

    var binding: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn: 3
        case .add, .subtract: 4
        case .multiply, .divide, .remainder: 5
        }
    }
}
