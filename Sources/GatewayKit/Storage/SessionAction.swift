/// A credential that does something to a session once. It is written down together with its effect, so that whoever
/// presents it again is told what became of it.
public struct SessionAction: Hashable, Sendable {
    /// Names the credential's challenge: of two credentials with one challenge the first counts.
    public let challenge: Bytes32
    /// Of the whole credential.
    public let fingerprint: Bytes32
    /// Until when it is kept at least.
    public let end: WallTime

    public init(challenge: Bytes32, fingerprint: Bytes32, end: WallTime) {
        self.challenge = challenge
        self.fingerprint = fingerprint
        self.end = end
    }
}
