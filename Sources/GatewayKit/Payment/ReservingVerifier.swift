/// A caveat verifier that takes something for each request that its caveats permit: a part of a limit, say.
///
/// `allows` and `narrows` promise what they do for every verifier and take nothing. `reserve` is asked by the `caveats`
/// stage when every caveat of the credential holds, and not in shadow; what it took stays taken, unless nothing came of the
/// request. All are called on the exchange's event loop.
public protocol ReservingVerifier: CaveatVerifier {
    /// Takes what the request costs. Notes it as a fact of the exchange, for `giveBack`.
    ///
    /// - Parameters:
    ///   - caveats: those of the credential that this verifier covers, in their order; at least one.
    ///   - exchange: the request, with its credential.
    /// - Returns: `nil` when it is taken; else why the credential does not count, and nothing was taken.
    /// - Throws: what keeps it from knowing. Then nothing was taken and the request is refused: by a `Reply` as it stands.
    func reserve(for caveats: [Caveat], _ exchange: Exchange) throws -> Eventually<Rejection?>

    /// Gives back what it took for the exchange. Called once at the most, when `reserve` took something.
    func giveBack(_ exchange: Exchange)

    /// Learns how an exchange ended for which it took something: once, unless that was given back before. By default it
    /// gives back what was taken for a request that failed (`Outcome.isFailed`).
    func settle(_ exchange: Exchange, as outcome: Outcome)
}

extension ReservingVerifier {
    public func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard outcome.isFailed(exchange) else { return }
        giveBack(exchange)
    }
}
