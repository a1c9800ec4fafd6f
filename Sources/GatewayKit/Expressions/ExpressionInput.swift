/// What an expression is asked about.
public struct ExpressionInput {
    enum Subject {
        case nothing
        case head(RequestHead)
        case exchange(Exchange)
    }

    let subject: Subject
    /// For the expressions of caveats.
    var caveat: Caveat?
    /// The one before it, where two are compared.
    var earlier: Caveat?
    var time: WallTime?

    private init(_ subject: Subject, caveat: Caveat? = nil, earlier: Caveat? = nil) {
        self.subject = subject
        self.caveat = caveat
        self.earlier = earlier
    }

    /// For expressions of literals alone.
    package static var nothing: ExpressionInput { ExpressionInput(.nothing) }

    /// For scopes that are about the head of a request alone.
    public static func head(_ head: RequestHead) -> ExpressionInput {
        ExpressionInput(.head(head))
    }

    /// What reads the body needs it to be here: `Exchange.readJSON(upTo:)`.
    public static func exchange(_ exchange: Exchange, caveat: Caveat? = nil) -> ExpressionInput {
        ExpressionInput(.exchange(exchange), caveat: caveat)
    }

    public static func narrowing(_ earlier: Caveat, to later: Caveat) -> ExpressionInput {
        ExpressionInput(.nothing, caveat: later, earlier: earlier)
    }
}
