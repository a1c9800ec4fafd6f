/// What the page that shows one offer knows and nobody else: with it the page is let in once the offer is paid, although
/// its browser never learns the preimage.
///
/// A scheme that can do so leaves one on the exchange while it makes its offer, when the client prefers a page. It stands in
/// the page's body and nowhere else.
public struct PageKey: Hashable, Sendable {
    /// Where pages post their key: answered with events while they wait (`Accept: text/event-stream`), and otherwise
    /// with what opens the route for the browser, once it is paid.
    public static let path = "/.sluice/payment"

    /// ASCII letters, digits, `-`, `_` and `.`.
    public let text: String

    public init(text: String) {
        self.text = text
    }
}
