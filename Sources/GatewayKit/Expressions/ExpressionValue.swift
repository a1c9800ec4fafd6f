/// What an expression works with. Most of it is the request's own bytes, which are shared and not copied.
package enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case text(ExpressionText)
    case timestamp(ExpressionTime)
    case duration(ExpressionTime)
    case address(IPAddress)
    case network(Network)
    case list([ExpressionValue])
    /// A text with commas in it, as the list of what stands between them.
    case commaList(ExpressionText)
    case map([Entry])
    /// An array or an object. Every other JSON value is one of the cases above.
    case json(JSONValue)
    /// The header fields of the request, which are looked up and not listed.
    case headers
    /// The parameters of the query, likewise.
    case query

    package struct Entry: Sendable {
        package let key: ExpressionValue
        package let value: ExpressionValue
    }

    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .number(let number): self = .double(number)
        case .string(let text): self = .text(.string(text))
        case .array, .object: self = .json(json)
        }
    }

    static func text(_ string: String) -> ExpressionValue { .text(.string(string)) }
}

extension ExpressionValue {
    /// As far as it is known without a look at what is in it.
    var type: ExpressionType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .text: .string
        case .timestamp: .timestamp
        case .duration: .duration
        case .address: .address
        case .network: .network
        case .commaList: .list(.string)
        case .list: .list(.dyn)
        case .map: .map(.dyn, .dyn)
        case .headers, .query: .map(.string, .string)
        case .json: .dyn
        }
    }
}
