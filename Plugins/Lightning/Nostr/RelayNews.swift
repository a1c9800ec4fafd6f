/// What happens at a relay.
enum RelayNews: Sendable {
    /// Nothing is subscribed yet.
    case connected
    case message(RelayMessage)
    /// With the reason, for the operator. It connects again by itself.
    case lost(String)
}
