internal import GatewayKit

extension CallPattern {
    /// What `mcp` or `jsonrpc` of a match says; `nil` where it has neither, or a mistake was noted.
    static func one(from settings: inout PolicyReader) -> CallPattern? {
        let nodes = [Kind.mcp, .jsonrpc].map { (kind: $0, node: settings.node($0.rawValue)) }
        // All are asked for, so that none of them is unknown.
        let names = ["tool", "resource", "prompt"].map { (key: $0, nodes: settings.nodes($0)) }
        let written = nodes.filter { $0.node != nil }
        guard let kind = written.first?.kind, let node = written.first?.node else {
            for name in names {
                guard let first = name.nodes.first else { continue }
                settings.note(first.place, "'\(name.key)' needs 'mcp': which method of MCP names it")
            }
            return nil
        }
        if let second = written.dropFirst().first?.node {
            settings.note(second.place, "'match' takes one of mcp and jsonrpc, and 'mcp' stands there already")
        }
        let example = kind == .mcp ? "tools/call" : "eth_call"
        let expected = "'\(kind.rawValue)' should be a method such as \(example)"
        guard let method = settings.text(of: node, expected: expected) else { return nil }
        guard isMethod(method) else {
            settings.note(node.place, "\(expected), not '\(method)'")
            return nil
        }
        return CallPattern(
            kind: kind,
            method: method,
            names: Self.names(names, of: method, kind: kind, in: settings)
        )
    }

    private static func names(
        _ written: [(key: String, nodes: [PolicyNode])],
        of method: String,
        kind: Kind,
        in settings: PolicyReader
    ) -> [Name] {
        let wanted = kind == .mcp ? nameKey(of: method) : nil
        var names = [Name]()
        for (key, nodes) in written {
            for node in nodes {
                guard key == wanted else {
                    let hint = wanted.map { "; it names a '\($0)'" } ?? ""
                    settings.note(node.place, "'\(key)' does not go together with '\(method)'\(hint)")
                    continue
                }
                let expected = "'\(key)' should be a name, or a list of names"
                guard let text = settings.text(of: node, expected: expected) else { continue }
                let name = Name(text, isURI: key == "resource")
                guard !name.folded.isEmpty || name.isPrefix else {
                    settings.note(node.place, "\(expected), not '\(text)'")
                    continue
                }
                if key == "resource", CallURI.isAmbiguous(name.text) {
                    settings.note(node.place, "the URI '\(text)' can be read in more than one way: write it plainly")
                }
                if names.contains(where: { $0.folded == name.folded && $0.isPrefix == name.isPrefix }) {
                    settings.note(node.place, "the \(key) '\(text)' stands there already")
                }
                names.append(name)
            }
        }
        return names
    }

    private static func isMethod(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 256 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
