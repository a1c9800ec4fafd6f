/// How far the payment of an invoice is, as its node says.
public enum InvoiceState: Hashable, Sendable {
    /// Nothing has arrived yet; also for one that the node does not know.
    case open
    /// The payment is here and not taken: it may still go back.
    case held
    case settled
    /// Expired or cancelled: nothing can arrive any more.
    case ended
}
