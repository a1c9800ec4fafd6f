/// What is wrong with the text of an expression.
package struct ExpressionMistake: Error {
    /// In bytes from the beginning of the text.
    package let offset: Int
    package let message: String

    init(_ offset: Int, _ message: String) {
        self.offset = offset
        self.message = message
    }
}

/// What an expression may be at the most.
enum ExpressionLimit {
    /// Bytes of its text.
    static let length = 4_096
    /// Of the tree that it is, a chain of operators included: it is walked recursively.
    static let depth = 80
    static let nodes = 1_000
    /// Steps of one evaluation: each operation is one, each item that a list is walked by, and each 64 bytes of text.
    static let steps = 10_000
}
