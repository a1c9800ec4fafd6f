/// Why a node did not do what was asked. The text is for the operator and never holds a preimage.
public struct LightningFailure: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// The node does not answer; asking again later may help.
        case unavailable
        /// The node answered no: no route, expired, already paid, not enough funds.
        case refused
        /// The node answered something that cannot be right.
        case malformed
    }

    public let reason: Reason
    public let description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }
}
