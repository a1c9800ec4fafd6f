internal import GatewayKit

/// Which invoices a store forgets: otherwise every request that nobody pays for would leave a row for ever.
///
/// Nothing that was settled or claimed is ever forgotten, and verifying a credential needs no invoice.
enum Retention {
    /// From the end of an invoice until it may be forgotten. Long, because a node may tell of a payment late.
    static let afterExpiry = Duration.seconds(24 * 3_600)
    /// From the start until the first invoice may be forgotten: payments that arrived while the gateway was not running
    /// are told to the store first.
    static let afterStart = Duration.seconds(600)

    /// From the end of a counter until it is forgotten: a clock that is set back by less opens nothing.
    static let afterCounting = Duration.seconds(3_600)

    /// How long quotes stand in the books, most of which nobody pays. What became of money stays for ever, unless the policy
    /// says otherwise.
    static let quotes = Duration.seconds(90 * 86_400)

    /// Open invoices that ended before this may be forgotten.
    static func cutoff(at now: WallTime) -> WallTime {
        now.advanced(by: .zero - afterExpiry)
    }
}
