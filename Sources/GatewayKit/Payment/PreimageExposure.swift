/// Who can learn the preimage of an invoice that they have not paid: whom it proves nothing.
public enum PreimageExposure: Int, Hashable, Comparable, Sendable {
    /// The node tells its payer, and nobody else.
    case nobody
    /// Who has a key to the node, as the gateway has.
    case keyHolders
    /// Whoever reaches the node over the network.
    case anybody

    public static func < (left: PreimageExposure, right: PreimageExposure) -> Bool { left.rawValue < right.rawValue }
}
