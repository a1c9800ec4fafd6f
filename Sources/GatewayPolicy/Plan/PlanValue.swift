package import GatewayKit

/// One value of a policy, where it came from, and what it stands before: a line of `sluice plan --full`.
package struct PlanValue: Sendable, Hashable {
    /// A value that does not count, because another one is nearer.
    package struct Overridden: Sendable, Hashable {
        package let text: String
        package let place: Place
        package let origin: String?
    }

    /// The keys that lead to it: `match.path`, `origins[0]`.
    package let key: String
    /// A secret is hidden, a reference is named and not followed.
    package let text: String
    package let place: Place
    /// `default of the policy`, `parameter price`; `nil`: it is written where it is read.
    package let origin: String?
    /// The nearest first.
    package let overrode: [Overridden]

    /// Aliases of aliases can make a few lines into many values.
    private static let most = 10_000

    /// The values within a node.
    static func all(of node: PolicyNode, named key: String, hiding secrets: Set<String>) -> [PlanValue] {
        var values = [PlanValue]()
        add(node, key, secrets, overrode: [], to: &values)
        return values
    }

    private static func add(
        _ node: PolicyNode,
        _ key: String,
        _ secrets: Set<String>,
        overrode: [PolicyNode],
        to values: inout [PlanValue]
    ) {
        guard values.count < most else { return }
        let overrode = node.overrode + overrode
        switch node.content {
        case .map(let entries) where !entries.isEmpty:
            for (index, entry) in entries.enumerated() {
                let inner = key.isEmpty ? entry.key : "\(key).\(entry.key)"
                add(entry.value, inner, secrets, overrode: index == 0 ? overrode : [], to: &values)
            }
        case .list(let items) where !items.isEmpty:
            for (index, item) in items.enumerated() {
                add(item, "\(key)[\(index)]", secrets, overrode: index == 0 ? overrode : [], to: &values)
            }
        case .empty where overrode.isEmpty:
            break
        case .empty, .text, .reference, .list, .map:
            values.append(
                PlanValue(
                    key: key,
                    text: text(of: node, hiding: secrets),
                    place: node.place,
                    origin: node.origin,
                    overrode: overrode.flatMap { all(overridden: $0, hiding: secrets) }
                )
            )
        }
    }

    /// A value that does not count, and those that it would have stood before itself.
    private static func all(overridden node: PolicyNode, hiding secrets: Set<String>) -> [Overridden] {
        [Overridden(text: text(of: node, hiding: secrets), place: node.place, origin: node.origin)]
            + node.overrode.flatMap { all(overridden: $0, hiding: secrets) }
    }

    private static func text(of node: PolicyNode, hiding secrets: Set<String>) -> String {
        switch node.content {
        case .empty: "(nothing)"
        case .text(let text) where secrets.contains(text): "\(Secret(text))"
        case .text(let text): shown(text)
        case .reference(.file(let path)): "!file \(path)"
        case .reference(.environment(let name)): "!env \(name)"
        case .list(let items): items.isEmpty ? "[]" : "[...]"
        case .map(let entries): entries.isEmpty ? "{}" : "{ \(entries.map(\.key).joined(separator: ", ")) }"
        }
    }

    /// On one line.
    private static func shown(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        if text.isEmpty { return "''" }
        return line.count > 80 || line.count < text.count ? line.prefix(80) + "..." : line
    }
}
