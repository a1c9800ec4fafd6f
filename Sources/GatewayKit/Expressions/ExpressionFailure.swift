/// Why an expression has no value for a request. Never holds anything of the request.
public struct ExpressionFailure: Error, Hashable, Sendable {
    public enum Reason: Hashable, Sendable {
        /// What was asked for is not there: a header field, a parameter, a member of the body, an item of a list.
        case absent
        /// It is there in more than one way, so that others may read something else than the gateway.
        case ambiguous
        /// A value of the wrong type for what is done with it.
        case type
        /// A number, time or span beyond what can be counted.
        case overflow
        case divisionByZero
        /// A text that cannot be read as what it should be.
        case conversion
        /// The body is no JSON, or compressed.
        case body
        /// It would take too long.
        case budget
    }

    public let reason: Reason
    /// Where in the text of the expression, in bytes from its beginning.
    package let offset: Int32

    init(_ reason: Reason, at offset: Int32) {
        self.reason = reason
        self.offset = offset
    }
}

extension ExpressionFailure: CustomStringConvertible {
    public var description: String { "\(sentence) (at its character \(offset + 1))" }

    var sentence: String {
        switch reason {
        case .absent: "what it asks for is not there"
        case .ambiguous: "what it asks for is there more than once, or in another spelling"
        case .type: "a value does not have the type that it needs"
        case .overflow: "a number or a time is out of range"
        case .divisionByZero: "a division by zero"
        case .conversion: "a text cannot be read as what it should be"
        case .body: "the request has no body that is JSON"
        case .budget: "it takes too many steps"
        }
    }
}
