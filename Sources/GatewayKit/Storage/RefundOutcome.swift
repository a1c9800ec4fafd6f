/// How an attempt to pay back what was left of a session has ended.
public enum RefundOutcome: Hashable, Sendable {
    case paid(cost: Amount)
    /// Not yet: to be tried again then.
    case failed(retryAt: WallTime)
    case givenUp
}
