internal import GatewayKit

/// Finds the most specific of the routes that share a host and a path, by what a call names: a name before the longest
/// beginning of one, and that before the method alone.
struct CallTable: Sendable {
    private struct Method: Sendable {
        var exact: [String: Int] = [:]
        /// The longest first.
        var prefixes: [(name: CallPattern.Name, route: Int)] = []
        var any: Int?
    }

    private var methods: [String: Method] = [:]
    /// Some route of the table is told apart by the names of MCP.
    private(set) var isMCP = false

    /// The index of a pattern is the number of its route.
    init(_ patterns: [CallPattern]) {
        for (route, pattern) in patterns.enumerated() {
            if pattern.kind == .mcp { isMCP = true }
            var method = methods[pattern.foldedMethod] ?? Method()
            if pattern.names.isEmpty { method.any = route }
            for name in pattern.names {
                if name.isPrefix {
                    method.prefixes.append((name, route))
                } else {
                    method.exact[name.folded] = route
                }
            }
            method.prefixes.sort { $0.name.folded.utf8.count > $1.name.folded.utf8.count }
            methods[pattern.foldedMethod] = method
        }
    }

    /// - Throws: when the call lacks the name that decides.
    func route(for call: JSONRPCCall) throws(JSONRPCFault) -> Int? {
        let folded = CallText.folded(call.method)
        guard let method = methods[folded] else { return nil }
        guard isMCP, let member = JSONRPCCall.nameMember(of: folded) else { return method.any }
        guard let name = call.name else { throw JSONRPCFault(.invalidParams, "'params.\(member)' should be a text") }
        if member == "uri", !(method.exact.isEmpty && method.prefixes.isEmpty), CallURI.isAmbiguous(name) {
            throw JSONRPCFault(.invalidParams, "'params.uri' can be read in more than one way: write it plainly")
        }
        let text = member == "uri" ? CallText.foldedURI(name) : CallText.folded(name)
        return method.exact[text] ?? method.prefixes.first { $0.name.covers(text) }?.route ?? method.any
    }
}
