public import GatewayKit

/// The settings of a plugin, written in a test without a policy file, and the mistakes that reading them made.
public struct ExampleSettings {
    private let node: PolicyNode
    public let mistakes = PolicyMistakes()

    /// Texts, arrays and dictionaries (or arrays of pairs, where the order counts) of them, as a policy would hold.
    public init(_ value: Any? = nil) {
        node = Self.node(value)
    }

    /// Makes a plugin as the policy loader does: reads, and notes the keys that nobody asked for.
    public func make<Made>(
        word: String = "example",
        _ make: (inout PolicyReader) throws -> Made
    ) -> Made? {
        var reader = PolicyReader(node, word: word, mistakes: mistakes, references: NoReferences())
        defer { reader.finish() }
        do {
            return try make(&reader)
        } catch {
            reader.note(error)
            return nil
        }
    }

    public var messages: [String] { mistakes.all.map(\.message) }

    private static func node(_ value: Any?) -> PolicyNode {
        let place = Place(file: "example.yaml", line: 1, column: 1)
        switch value {
        case let text as String: return PolicyNode(.text(text), at: place)
        case let list as [Any]: return PolicyNode(.list(list.map(Self.node)), at: place)
        case let map as [String: Any]:
            let entries = map.sorted { $0.key < $1.key }.map {
                PolicyNode.Entry(key: $0.key, keyPlace: place, value: Self.node($0.value))
            }
            return PolicyNode(.map(entries), at: place)
        default: return PolicyNode(.empty, at: place)
        }
    }
}

private struct NoReferences: PolicyReferences {
    func resolve(_ reference: PolicyNode.Reference) throws -> String {
        switch reference {
        case .file(let path): throw StartFailure("cannot read \(path)")
        case .environment(let name): throw StartFailure("the environment has no \(name)")
        }
    }
}
