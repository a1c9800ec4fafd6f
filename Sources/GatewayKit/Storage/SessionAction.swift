/// A credential that does something to a session once. It is written down together with its effect, so that whoever
/// presents it again is told what became of it.
public struct SessionAction: Hashable, Sendable {
    /// Names the credential's challenge: of two credentials with one challenge the first counts.
    public let challenge: Bytes32
    /// Of the whole credential.
    public let fingerprint: Bytes32
    /// Until when it is kept at least.
    public let end: WallTime
    /// Where it was presented, for the books; empty where that is not known. Not what tells actions apart.
    public let route: String

    public init(challenge: Bytes32, fingerprint: Bytes32, end: WallTime, route: String = "") {
        self.challenge = challenge
        self.fingerprint = fingerprint
        self.end = end
        self.route = route
    }
}
