/// Why bytes are not a macaroon. Holds none of them.
package struct MalformedMacaroon: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
