/// What is wrong with an invoice that a node returned.
public enum InvoiceFault: String, CaseIterable, Sendable {
    /// No invoice, not signed by a node, or for another network.
    case unreadable
    /// It asks for less than was wanted, for more than rounding makes of that, or for no amount.
    case amount
    /// Its payment is not the one that the node named, or that was wanted.
    case hash
    /// It has expired, or lives longer than was wanted.
    case expiry
    /// The same payment was asked for by another invoice: who pays second pays for nothing.
    case repeated
}
