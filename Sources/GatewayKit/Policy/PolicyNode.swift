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

    public let content: Content
    public let place: Place

    public init(_ content: Content, at place: Place) {
        self.content = content
        self.place = place
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
