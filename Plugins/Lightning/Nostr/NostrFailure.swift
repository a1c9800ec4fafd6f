/// Why something that came by Nostr cannot be used, in half a sentence. Never holds what was read.
package struct NostrFailure: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
