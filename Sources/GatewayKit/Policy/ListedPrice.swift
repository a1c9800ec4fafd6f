/// What a stage asks for a request, as far as that is known before one comes.
public enum ListedPrice: Hashable, Sendable {
    case fixed(Amount)
    /// A bundle that requests draw from, each for what it turns out to have cost.
    case bundle(Amount)
    /// Depends on the request.
    case asked
}
