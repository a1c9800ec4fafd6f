public import GatewayKit

/// The settings of a plugin, written in a test without a policy file, and the mistakes that reading them made.
public struct ExampleSettings {
    private let node: PolicyNode
    private let files: [String: String]
    public let mistakes = PolicyMistakes()

    /// - Parameters:
    ///   - value: texts, arrays and dictionaries of them, as a policy would hold.
    ///   - files: what stands in the files that the settings name, by their paths.
    public init(_ value: Any? = nil, files: [String: String] = [:]) {
        node = Self.node(value)
        self.files = files
    }

    /// Makes a plugin as the policy loader does: reads, and notes the keys that nobody asked for.
    public func make<Made>(
        word: String = "example",
        _ make: (inout PolicyReader) throws -> Made
    ) -> Made? {
        var reader = PolicyReader(node, word: word, mistakes: mistakes, references: ExampleReferences(files: files))
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

private struct ExampleReferences: PolicyReferences {
    let files: [String: String]

    func resolve(_ reference: PolicyNode.Reference) throws -> String {
        switch reference {
        case .file(let path):
            guard let text = files[path] else { throw StartFailure("cannot read \(path)") }
            return text
        case .environment(let name): throw StartFailure("the environment has no \(name)")
        }
    }
}
