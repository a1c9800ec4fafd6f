/// Why a challenge, a credential or a receipt cannot be read, in half a sentence. Never holds what was read.
package struct MalformedPayment: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
