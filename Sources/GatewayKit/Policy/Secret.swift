/// Text that is never printed: its description hides it.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The text itself. Only for the place that needs it.
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var description: String { "(secret)" }
    public var debugDescription: String { description }
}
