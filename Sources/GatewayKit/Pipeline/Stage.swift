/// One step of a route's pipeline.
///
/// All three are called on the exchange's event loop and must not block it. `admit` runs in the order of the policy;
/// `adjust` and `settle` run in reverse order.
public protocol Stage: Sendable {
    /// Decides about the request. What it throws becomes an answer: a `Reply` is sent as it is, a `BodyTooLarge` is
    /// 413, anything else is 500 with an error id that the log has too.
    func admit(_ exchange: Exchange) throws -> Eventually<Decision>

    /// What `admit` would decide, for a stage that the policy has in shadow: nothing is taken, sold or made for it, and
    /// nobody but the exchange, which gets back what it was, learns of it. By default `admit` itself.
    func preview(_ exchange: Exchange) throws -> Eventually<Decision>

    /// Lets a request on that the stage, in shadow, does not decide about: as if it had asked for nothing. By default
    /// nothing is to be done for that.
    func standAside(_ exchange: Exchange)

    /// May change the head of the response, the upstream's or the gateway's own. Not called for stages that did not admit.
    func adjust(_ response: inout ResponseHead, of exchange: Exchange)

    /// Where it sends requests, as far as that is the same for all of them: what takes a payment looks first whether
    /// there is anybody to serve it. By default `nil`.
    var upstream: Upstream? { get }

    /// True when what is paid for on its route is drawn from, request by request, and a payment is good for as many as it
    /// covers. By default false.
    var isMetered: Bool { get }

    /// Learns how the exchange ended: exactly once for every stage that answered `.next` or `.forward`, always.
    func settle(_ exchange: Exchange, as outcome: Outcome)
}

extension Stage {
    public var upstream: Upstream? { nil }
    public var isMetered: Bool { false }
    public func preview(_ exchange: Exchange) throws -> Eventually<Decision> { try admit(exchange) }
    public func standAside(_ exchange: Exchange) {}
    public func adjust(_ response: inout ResponseHead, of exchange: Exchange) {}
    public func settle(_ exchange: Exchange, as outcome: Outcome) {}
}

/// What a stage decided about a request.
public enum Decision: Sendable {
    /// The next stage decides.
    case next
    /// Answered here; no later stage sees it.
    indirect case reply(Reply)
    /// Goes to this upstream; the last decision of a pipeline.
    case forward(Upstream)
}
