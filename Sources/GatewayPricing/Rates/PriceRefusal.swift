/// Why there is no price for a request, as its gateway is told. Holds nothing that the client wrote.
package struct PriceRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
