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
    /// True when the payment buys one answer, and the page is to say so.
    public let buysOneAnswer: Bool

    public init(text: String, buysOneAnswer: Bool = false) {
        self.text = text
        self.buysOneAnswer = buysOneAnswer
    }
}

/// How a scheme lets in the pages that show its keys.
package protocol PageGate: Sendable {
    /// The payment that the page waits for; `nil` for what is no key of the scheme.
    func payment(of key: PageKey) throws -> PaymentHash?

    /// What opens the route for the page's browser, as a value of `Set-Cookie`: only for a payment that has arrived.
    ///
    /// - Returns: `nil` when what was paid for cannot be used.
    func cookie(for key: PageKey, at time: WallTime, isSecure: Bool) throws -> String?
}
