internal import GatewayKit

/// What a policy says at one place, with what its references stand for: two policies that say the same are equal,
/// wherever they say it. Holds secrets, and is compared only.
struct WrittenSettings: Hashable, Sendable {
    private indirect enum Content: Hashable, Sendable {
        case empty
        case text(String)
        case list([Content])
        case map([String: Content])
    }

    private let content: Content

    /// - Parameter node: `nil`: the policy says nothing there.
    init(_ node: PolicyNode?, references: FileReferences) {
        content = node.map { Self.content(of: $0, references) } ?? .empty
    }

    private static func content(of node: PolicyNode, _ references: FileReferences) -> Content {
        switch node.content {
        case .empty: .empty
        case .text(let text): .text(text)
        // What cannot be resolved is a mistake that was noted: such a plan is never used.
        case .reference(let reference): .text((try? references.resolve(reference)) ?? "")
        case .list(let nodes): .list(nodes.map { content(of: $0, references) })
        case .map(let entries):
            .map(Dictionary(entries.map { ($0.key, content(of: $0.value, references)) }) { first, _ in first })
        }
    }
}
