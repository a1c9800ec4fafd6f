/// Work that the page of an answer offers to do: its browser presents what comes of it in a cookie.
///
/// A scheme that asks for work leaves one on the exchange while it makes its offer, when the client prefers a page.
package struct PageWork: Hashable, Sendable {
    /// ASCII letters, digits, `-` and `_`. What is presented is this text, `.`, and an answer of 1 to 32 of them.
    package let challenge: String
    /// Leading zero bits that SHA-256 of that text is to have: 1...32.
    package let bits: Int
    /// The cookie's name.
    package let cookie: String
    /// How long the work counts, in seconds.
    package let lifetime: Int64

    package init(challenge: String, bits: Int, cookie: String, lifetime: Int64) {
        self.challenge = challenge
        self.bits = bits
        self.cookie = cookie
        self.lifetime = lifetime
    }
}
