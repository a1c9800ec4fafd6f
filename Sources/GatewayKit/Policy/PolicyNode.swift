/// A piece of a policy file: text, a list or a map, with the place it came from.
public struct PolicyNode: Sendable {
    public enum Content: Sendable {
        case empty
        case text(String)
        /// `!file path`: the content of a file; `!env NAME`: an environment variable.
        case reference(Reference)
        case list([PolicyNode])
        case map([Entry])
    }

    public enum Reference: Hashable, Sendable {
        /// A path, already relative to the working directory and not to the policy.
        case file(String)
        case environment(String)
    }

    public struct Entry: Sendable {
        public let key: String
        public let keyPlace: Place
        public let value: PolicyNode

        public init(key: String, keyPlace: Place, value: PolicyNode) {
            self.key = key
            self.keyPlace = keyPlace
            self.value = value
        }
    }

    /// How a text is written, as far as that tells where its characters stand.
    public enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted
        /// On the lines below.
        case block
    }

    public let content: Content
    public let place: Place
    public let style: Style
    /// How it came where it is read, when it is not written there: `default of the policy`.
    package var origin: String?
    /// What is written elsewhere for the same, and does not count; the nearest first.
    package var overrode: [PolicyNode] = []

    public init(_ content: Content, at place: Place, style: Style = .plain) {
        self.content = content
        self.place = place
        self.style = style
    }

    /// What a message calls it: `a list`.
    public var kind: String {
        switch content {
        case .empty: "nothing"
        case .text(let text): "'\(text)'"
        case .reference: "a reference"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
