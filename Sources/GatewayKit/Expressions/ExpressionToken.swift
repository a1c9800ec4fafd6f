/// A word of an expression.
struct ExpressionToken {
    enum Kind: Equatable {
        case end
        case name(String)
        /// `` `x-tenant` ``, of which the accents are no part.
        case quotedName(String)
        case int(UInt64)
        case uint(UInt64)
        case double(Double)
        case string(String)
        /// Operators and punctuation.
        case symbol(String)
    }

    let kind: Kind
    let offset: Int

    /// As messages name it.
    var description: String {
        switch kind {
        case .end: "the end"
        case .name(let name): "'\(name)'"
        case .quotedName(let name): "'`\(name)`'"
        case .int(let number): "the number \(number)"
        case .uint(let number): "the number \(number)u"
        case .double(let number): "the number \(number)"
        case .string: "a string"
        case .symbol(let symbol): "'\(symbol)'"
        }
    }
}
