/// Understands caveats by asking somebody else: a service, a database.
///
/// What a `CaveatVerifier` can decide by itself, it should: this costs each request that carries such a caveat a round trip.
/// It is asked after all verifiers of the route that answer at once, and only if none of them has refused.
public protocol RemoteCaveatVerifier: Sendable {
    /// The conditions that it answers for; `nil`: all that nobody else on the route understands.
    var conditions: [String]? { get }

    /// What `sluice plan` prints in the list of verifiers: its word and what it answers for, no secret.
    var summary: String { get }

    /// Whether caveats of a credential permit the request. Called on the exchange's event loop, once for each request that
    /// carries caveats of its conditions.
    ///
    /// - Parameters:
    ///   - caveats: all of its conditions, in the order of the credential. Each has to hold, so that a later one only ever
    ///     narrows what the earlier ones permit.
    ///   - exchange: not to be held on to.
    /// - Returns: why the credential does not count; `nil` when every caveat holds.
    /// - Throws: a `Reply` where nobody can say: whoever has paid should not be asked to pay again for that.
    func rejection(of caveats: [Caveat], in exchange: Exchange) throws -> Eventually<Rejection?>

    /// Whether a caveat that a scheme sells can hold where this verifier stands; `nil` when it is not this verifier's.
    /// Only `check` asks. By default what has one of its conditions is enforced.
    func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict?
}

extension RemoteCaveatVerifier {
    /// True when it answers for caveats of this condition.
    public func covers(_ condition: String) -> Bool {
        conditions?.contains(condition) ?? true
    }

    public func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        covers(sold.condition) ? .enforced : nil
    }
}
