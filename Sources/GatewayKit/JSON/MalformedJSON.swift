/// Why a text is not JSON as every reader understands it, in half a sentence. Never holds what was read.
package struct MalformedJSON: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
