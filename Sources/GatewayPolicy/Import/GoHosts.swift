internal import GatewayKit

/// The hosts that a regular expression of Go means, as policies write them.
struct GoHosts {
    /// `api.example.com`, `*.example.com`, or an empty text for every host.
    let names: [String]
    /// True where the expression also names a port: policies match without it.
    let hasPort: Bool
    /// True where the expression fits names too that only hold the one that it means.
    let isLoose: Bool

    /// `nil` for what policies cannot say.
    init?(parsing text: String) {
        var names = [String]()
        var hasPort = false
        var isLoose = false
        for part in GoPattern.alternatives(of: Self.withoutParentheses(text[...])) {
            guard let host = Self.host(part) else { return nil }
            hasPort = hasPort || host.hasPort
            isLoose = isLoose || !host.isBound && !host.name.isEmpty
            for name in host.isOptional ? [host.name, String(host.name.dropFirst(2))] : [host.name]
            where !names.contains(name) {
                names.append(name)
            }
        }
        // Every host is every host, whatever else is named.
        self.names = names.contains("") ? [""] : names
        self.hasPort = hasPort
        let isAnchored = text.hasPrefix("^") && text.hasSuffix("$")
        self.isLoose = isLoose && !(isAnchored && GoPattern.alternatives(of: text[...]).count == 1)
    }

    /// True when every host of the second pattern is one of the first.
    static func covers(_ pattern: String, _ other: String) -> Bool {
        guard !pattern.isEmpty, pattern != other else { return true }
        guard pattern.hasPrefix("*.") else { return false }
        return other.hasSuffix(pattern.dropFirst())
    }

    /// `^(a|b)$` as `a|b`.
    private static func withoutParentheses(_ text: Substring) -> Substring {
        guard text.hasPrefix("^("), text.hasSuffix(")$") else { return text }
        let inner = text.dropFirst(2).dropLast(2)
        let plain = inner.hasPrefix("?:") ? inner.dropFirst(2) : inner
        return plain.contains { "()".contains($0) } ? text : plain
    }

    private static func host(
        _ text: Substring
    ) -> (name: String, hasPort: Bool, isBound: Bool, isOptional: Bool)? {
        let isBound = text.hasPrefix("^") && text.hasSuffix("$") && !text.hasSuffix("\\$")
        var body = text.hasPrefix("^") ? text.dropFirst() : text
        if body.hasSuffix("$"), !body.hasSuffix("\\$") { body = body.dropLast() }
        if ["", ".*", ".+"].contains(body) { return ("", false, true, false) }
        var hasPort = false
        let ports = ["(:\\d+)?", "(:[0-9]+)?", "(?::\\d+)?", ":\\d+", ":[0-9]+", "(:.*)?", ":.*"]
        for port in ports where body.hasSuffix(port) {
            body = body.dropLast(port.count)
            hasPort = true
        }
        let wildcards = ["(.*\\.)?", "(.+\\.)?", ".*\\.", ".+\\."]
        let wildcard = wildcards.first { body.hasPrefix($0) }
        body = body.dropFirst(wildcard?.count ?? 0)
        let literal = GoPattern.Literal(body)
        guard literal.rest.isEmpty else { return nil }
        var name = String(literal.characters.map { $0 ?? "." }).lowercased()
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]"), UInt16(name[name.index(after: colon)...]) != nil {
            name = String(name[..<colon])
            hasPort = true
        }
        name = (wildcard == nil ? "" : "*.") + name
        let place = Place(file: "", line: 1, column: 1)
        guard (try? HostPattern(parsing: name, at: place)) != nil else { return nil }
        return (name, hasPort, isBound, wildcard?.hasSuffix("?") == true)
    }
}
