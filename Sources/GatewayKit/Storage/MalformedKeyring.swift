/// Why a text is not a keyring. Holds no key.
package struct MalformedKeyring: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
