/// How many invoices a gateway may have made, so that requests that nobody pays for cost a bounded part of the node, the memory
/// and the store.
public struct InvoiceLimits: Hashable, Sendable {
    /// Invoices being made at once: it keeps a slow node from being buried.
    public var atOnce: Int
    /// Open invoices in all: neither paid nor expired.
    public var open: Int
    /// The same for one client, by the block of its address. Clients without an address, those of a Unix socket, are bounded
    /// by `open` alone.
    public var perClient: Int

    /// The same for all whose addresses are near each other, a /24 of IPv4 or a /48 of IPv6: a quarter of `open`, so that nobody
    /// with one such network keeps all others from buying.
    public var perNeighbourhood: Int { max(perClient, open / 4) }

    public init(atOnce: Int = 256, open: Int = 20_000, perClient: Int = 500) {
        self.atOnce = atOnce
        self.open = open
        self.perClient = perClient
    }
}
