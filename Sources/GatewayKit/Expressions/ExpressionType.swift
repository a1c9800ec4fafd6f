/// What is known of a value before a request comes.
indirect enum ExpressionType: Hashable, Sendable {
    /// Anything: what is in a JSON body.
    case dyn
    case null, bool, int, uint, double, string, timestamp, duration, address, network
    case list(ExpressionType)
    case map(ExpressionType, ExpressionType)

    /// True when a value of this type may be one of the other.
    func mayBe(_ other: ExpressionType) -> Bool {
        switch (self, other) {
        case (.dyn, _), (_, .dyn): true
        case (.list(let element), .list(let other)): element.mayBe(other)
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            key.mayBe(otherKey) && value.mayBe(otherValue)
        default: self == other
        }
    }

    var isNumber: Bool { self == .int || self == .uint || self == .double }

    /// The type of what is one or the other; `dyn` where they have nothing in common.
    func joined(with other: ExpressionType) -> ExpressionType {
        switch (self, other) {
        case (.list(let element), .list(let other)): .list(element.joined(with: other))
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            .map(key.joined(with: otherKey), value.joined(with: otherValue))
        default: self == other ? self : .dyn
        }
    }
}

extension ExpressionType: CustomStringConvertible {
    /// As messages name it, with its article.
    var description: String {
        switch self {
        case .dyn: "a value of any type"
        case .null: "null"
        case .bool: "a bool"
        case .int: "an int"
        case .uint: "a uint"
        case .double: "a double"
        case .string: "a string"
        case .timestamp: "a timestamp"
        case .duration: "a duration"
        case .address: "an IP address"
        case .network: "a network"
        case .list(.dyn): "a list"
        case .list(let element): "a list (\(element.plain))"
        case .map: "a map"
        }
    }

    /// Without its article.
    var plain: String {
        let description = description
        return String(description.drop { $0 != " " }.drop { $0 == " " }).isEmpty
            ? description : String(description.drop { $0 != " " }.dropFirst())
    }
}
