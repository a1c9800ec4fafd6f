internal import GatewayKit

/// Settings that are written in several places, and which of them count: the nearest.
enum Overlay {
    /// The entries of both; where both have a key, the nearer value counts and remembers the other one.
    static func joined(_ near: [PolicyNode.Entry], over far: [PolicyNode.Entry]) -> [PolicyNode.Entry] {
        guard !far.isEmpty else { return near }
        var near = near
        var rest = [PolicyNode.Entry]()
        for entry in far {
            if let index = near.firstIndex(where: { $0.key == entry.key }) {
                near[index] = replacing(near[index], overrode: entry.value)
            } else {
                rest.append(entry)
            }
        }
        return rest + near
    }

    /// The settings of a stage over those that it has by default. Maps are joined key by key, a value of a key is whole, and
    /// so are the settings of two different plugins.
    static func settings(_ near: PolicyNode, over far: PolicyNode) -> PolicyNode {
        switch (near.content, far.content) {
        case (.empty, _):
            var node = far
            node.overrode += near.overrode
            return node
        case (.map(let entries), .map(let others)) where isOneChoice(entries, others):
            var node = PolicyNode(.map(joined(entries, over: others)), at: near.place)
            node.origin = near.origin
            node.overrode = near.overrode
            return node
        default:
            var node = near
            node.overrode.append(far)
            return node
        }
    }

    static func marked(_ entry: PolicyNode.Entry, as origin: String) -> PolicyNode.Entry {
        PolicyNode.Entry(key: entry.key, keyPlace: entry.keyPlace, value: marked(entry.value, as: origin))
    }

    static func marked(_ node: PolicyNode, as origin: String) -> PolicyNode {
        var node = node
        node.origin = node.origin.map { "\(origin), \($0)" } ?? origin
        if case .map(let entries) = node.content {
            var inner = PolicyNode(.map(entries.map { marked($0, as: origin) }), at: node.place)
            inner.origin = node.origin
            inner.overrode = node.overrode
            return inner
        }
        return node
    }

    private static func replacing(_ entry: PolicyNode.Entry, overrode other: PolicyNode) -> PolicyNode.Entry {
        var value = entry.value
        value.overrode.append(other)
        return PolicyNode.Entry(key: entry.key, keyPlace: entry.keyPlace, value: value)
    }

    /// False where both name a plugin, and not the same one.
    private static func isOneChoice(_ entries: [PolicyNode.Entry], _ others: [PolicyNode.Entry]) -> Bool {
        guard let word = word(in: entries), let other = self.word(in: others) else { return true }
        return word == other
    }

    private static func word(in entries: [PolicyNode.Entry]) -> String? {
        guard case .text(let word)? = entries.first(where: { $0.key == Step.use })?.value.content else { return nil }
        return word
    }
}
