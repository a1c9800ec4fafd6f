/// What a stage asks for a request, as far as that is known before one comes.
public enum ListedPrice: Hashable, Sendable {
    case fixed(Amount)
    /// Depends on the request.
    case asked
}
