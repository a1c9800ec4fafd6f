/// A verifier that a list of `caveats` names.
public enum ListedVerifier: Sendable {
    case local(any CaveatVerifier)
    case remote(any RemoteCaveatVerifier)
}
