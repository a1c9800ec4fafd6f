/// Reads the text of an expression (CEL language definition, "Syntax").
///
/// Takes time in proportion to the text, and recurs only as deep as brackets stand in it.
struct ExpressionParser {
    /// Identifiers that CEL keeps for other languages (language definition, "Syntax", RESERVED).
    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace",
        "return", "var", "void", "while",
    ]

    private var lexer: ExpressionLexer
    private var token: ExpressionToken
    private var depth = 0

    static func parse(_ text: String) throws(ExpressionMistake) -> ExpressionSyntax {
        guard text.utf8.count <= ExpressionLimit.length else {
            throw ExpressionMistake(0, "an expression has at most \(ExpressionLimit.length) bytes")
        }
        var parser = try ExpressionParser(text)
        if case .end = parser.token.kind { throw ExpressionMistake(0, "an expression should stand here, not nothing") }
        let syntax = try parser.expression()
        guard case .end = parser.token.kind else { throw parser.unexpected("an operator or the end") }
        return syntax
    }

    private init(_ text: String) throws(ExpressionMistake) {
        lexer = ExpressionLexer(text)
        token = try lexer.token()
    }

    // MARK: Operators

    private mutating func expression() throws(ExpressionMistake) -> ExpressionSyntax {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ExpressionLimit.depth else { throw tooDeep(token.offset) }
        let condition = try binary(above: 0)
        let offset = token.offset
        guard try skip("?") else { return condition }
        let first = try binary(above: 0)
        try expect(":", "':' and what holds otherwise")
        let second = try expression()
        return try node(.conditional(condition, first, second), at: offset, over: [condition, first, second])
    }

    /// Operators that bind more tightly than so, from the left.
    private mutating func binary(above binding: Int) throws(ExpressionMistake) -> ExpressionSyntax {
        var left = try unary()
        while let found = binaryOperator, found.binding > binding {
            let offset = token.offset
            try advance()
            let right = try binary(above: found.binding)
            left = try node(.binary(found, left, right), at: offset, over: [left, right])
        }
        return left
    }

    private var binaryOperator: ExpressionOperator? {
        switch token.kind {
        case .symbol(let symbol): ExpressionOperator(rawValue: symbol)
        case .name("in"): .isIn
        default: nil
        }
    }

    private mutating func unary() throws(ExpressionMistake) -> ExpressionSyntax {
        let offset = token.offset
        var signs = 0
        for symbol in ["!", "-"] {
            while case .symbol(symbol) = token.kind {
                signs += 1
                guard signs <= ExpressionLimit.depth else { throw tooDeep(token.offset) }
                try advance()
                // The smallest int is no negated number: there is none so large.
                if symbol == "-", signs % 2 == 1, case .int(let magnitude) = token.kind, magnitude == 1 << 63 {
                    try advance()
                    return try signed(literal(.int(.min), at: offset), "-", count: signs - 1, at: offset)
                }
            }
            if signs > 0 { return try signed(try member(), symbol, count: signs, at: offset) }
        }
        return try member()
    }

    private func signed(
        _ operand: ExpressionSyntax,
        _ symbol: String,
        count: Int,
        at offset: Int
    ) throws(ExpressionMistake) -> ExpressionSyntax {
        var syntax = operand
        for _ in 0..<count {
            syntax = try node(symbol == "!" ? .not(syntax) : .negated(syntax), at: offset, over: [syntax])
        }
        return syntax
    }

    // MARK: Members

    private mutating func member() throws(ExpressionMistake) -> ExpressionSyntax {
        var syntax = try primary()
        while true {
            let offset = token.offset
            if try skip(".") {
                syntax = try selected(from: syntax)
            } else if try skip("[") {
                if case .symbol("?") = token.kind { throw optional() }
                let index = try expression()
                try expect("]", "']'")
                syntax = try node(.index(syntax, index), at: offset, over: [syntax, index])
            } else if case .symbol("{") = token.kind {
                throw ExpressionMistake(
                    token.offset,
                    "messages are not part of expressions here; a map is {'key': value}"
                )
            } else {
                return syntax
            }
        }
    }

    private mutating func selected(from target: ExpressionSyntax) throws(ExpressionMistake) -> ExpressionSyntax {
        let (kind, offset) = (token.kind, token.offset)
        switch kind {
        case .quotedName(let name):
            try advance()
            return try node(.member(target, name), at: offset, over: [target])
        case .name(let name) where !["in", "true", "false", "null"].contains(name):
            try advance()
            guard try skip("(") else { return try node(.member(target, name), at: offset, over: [target]) }
            let arguments = try expressions(until: ")")
            return try node(.call(target, name, arguments), at: offset, over: [target] + arguments)
        case .symbol("?"):
            throw optional()
        default:
            throw unexpected("a name behind the dot")
        }
    }

    private mutating func primary() throws(ExpressionMistake) -> ExpressionSyntax {
        let (kind, offset) = (token.kind, token.offset)
        switch kind {
        case .int(let number):
            guard let int = Int64(exactly: number) else {
                throw ExpressionMistake(offset, "the number '\(number)' is too large for an int")
            }
            return try advanced(literal(.int(int), at: offset))
        case .uint(let number): return try advanced(literal(.uint(number), at: offset))
        case .double(let number): return try advanced(literal(.double(number), at: offset))
        case .string(let text): return try advanced(literal(.text(text), at: offset))
        case .name("true"): return try advanced(literal(.bool(true), at: offset))
        case .name("false"): return try advanced(literal(.bool(false), at: offset))
        case .name("null"): return try advanced(literal(.null, at: offset))
        case .name(let name) where name != "in":
            guard !Self.reserved.contains(name) else {
                throw ExpressionMistake(offset, "'\(name)' is a word that CEL keeps for other languages")
            }
            try advance()
            guard try skip("(") else { return ExpressionSyntax(.name(name), at: offset) }
            let arguments = try expressions(until: ")")
            return try node(.call(nil, name, arguments), at: offset, over: arguments)
        case .symbol("("):
            try advance()
            let syntax = try expression()
            try expect(")", "')'")
            return syntax
        case .symbol("["):
            try advance()
            let items = try expressions(until: "]", allowingComma: true)
            return try node(.list(items), at: offset, over: items)
        case .symbol("{"):
            try advance()
            let entries = try entries()
            return try node(.map(entries), at: offset, over: entries.flatMap { [$0.key, $0.value] })
        default:
            throw unexpected("a value: a name, a literal, '(', '[' or '{'")
        }
    }

    private mutating func expressions(
        until end: String,
        allowingComma: Bool = false
    ) throws(ExpressionMistake) -> [ExpressionSyntax] {
        var items = [ExpressionSyntax]()
        if try skip(end) { return items }
        while true {
            if case .symbol("?") = token.kind { throw optional() }
            items.append(try expression())
            if try skip(end) { return items }
            try expect(",", "',' or '\(end)'")
            if allowingComma, try skip(end) { return items }
        }
    }

    private mutating func entries() throws(ExpressionMistake) -> [(key: ExpressionSyntax, value: ExpressionSyntax)] {
        var entries = [(key: ExpressionSyntax, value: ExpressionSyntax)]()
        if try skip("}") { return entries }
        while true {
            if case .symbol("?") = token.kind { throw optional() }
            let key = try expression()
            try expect(":", "':' behind the key")
            entries.append((key, try expression()))
            if try skip("}") { return entries }
            try expect(",", "',' or '}'")
            if try skip("}") { return entries }
        }
    }

    // MARK: Words

    private mutating func advance() throws(ExpressionMistake) {
        token = try lexer.token()
    }

    private mutating func advanced(_ syntax: ExpressionSyntax) throws(ExpressionMistake) -> ExpressionSyntax {
        try advance()
        return syntax
    }

    private mutating func skip(_ symbol: String) throws(ExpressionMistake) -> Bool {
        guard case .symbol(symbol) = token.kind else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ symbol: String, _ expected: String) throws(ExpressionMistake) {
        guard try skip(symbol) else { throw unexpected(expected) }
    }

    private func unexpected(_ expected: String) -> ExpressionMistake {
        if case .symbol("=") = token.kind {
            return ExpressionMistake(token.offset, "'=' should be '==', which compares")
        }
        return ExpressionMistake(token.offset, "expected \(expected), not \(token.description)")
    }

    private func optional() -> ExpressionMistake {
        ExpressionMistake(
            token.offset,
            "optional values ('?') are not part of expressions here; ask with has() or 'in' first"
        )
    }

    private func tooDeep(_ offset: Int) -> ExpressionMistake {
        ExpressionMistake(offset, "the expression is nested too deeply, or a chain of operators in it is too long")
    }

    private func literal(_ value: ExpressionValue, at offset: Int) -> ExpressionSyntax {
        ExpressionSyntax(.literal(value), at: offset)
    }

    private func node(
        _ kind: ExpressionSyntax.Kind,
        at offset: Int,
        over parts: [ExpressionSyntax]
    ) throws(ExpressionMistake) -> ExpressionSyntax {
        let depth = (parts.lazy.map(\.depth).max() ?? 0) + 1
        guard depth <= ExpressionLimit.depth else { throw tooDeep(offset) }
        return ExpressionSyntax(kind, at: offset, depth: depth)
    }
}
