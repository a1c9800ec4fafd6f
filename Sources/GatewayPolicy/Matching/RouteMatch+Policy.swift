internal import GatewayKit
internal import HTTPTypes

extension RouteMatch {
    /// What `match` says. Where a mistake was noted, the part stands for everything.
    init(from node: PolicyNode, run: LoadingRun) {
        if case .empty = node.content {
            run.note(node.place, "'match' should be a map such as { path: /v1/* }; {} matches every request")
        }
        var settings = run.reader(for: node, word: "match")
        host = Self.host(from: &settings, run: run)
        let method = settings.node("method")
        var methods = Self.methods(from: &settings)
        path = Self.path(from: &settings, methods: &methods, method: method, run: run)
        call = CallPattern.one(from: &settings)
        if call != nil {
            if settings.contains("grpc"), let node = settings.node(call?.kind.rawValue ?? "") {
                settings.note(node.place, "'match' is for calls of gRPC or of JSON-RPC, not of both")
            } else if let method {
                settings.note(method.place, "'\(call?.kind.rawValue ?? "")' is always POST; leave out 'method'")
            }
            methods = [.post]
        }
        self.methods = methods
        if let node = settings.node("when") {
            when = settings.expression(of: node, named: "'when'", in: .match, run.services)
            if let call {
                settings.note(
                    node.place,
                    "'when' does not go together with '\(call.kind.rawValue)': calls are told apart by what they call"
                )
            }
        }
        settings.finish()
    }

    private static func host(from settings: inout PolicyReader, run: LoadingRun) -> HostPattern {
        guard let node = settings.node("host"), let text = settings.text(of: node, expected: "'host' should be a name")
        else { return .any }
        do {
            return try HostPattern(parsing: text, at: node.place)
        } catch {
            run.note(error, about: node, key: "host")
            return .any
        }
    }

    private static func methods(from settings: inout PolicyReader) -> [HTTPRequest.Method] {
        var methods = [HTTPRequest.Method]()
        let nodes = settings.nodes("method")
        if let node = settings.node("method"), nodes.isEmpty {
            settings.note(node.place, "'method' should be a method such as GET, or a list of them, not an empty list")
        }
        for node in nodes {
            let expected = "'method' should be a method such as GET"
            guard let text = settings.text(of: node, expected: expected) else { continue }
            guard let method = HTTPRequest.Method(rawValue: text), text == text.uppercased() else {
                let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
                settings.note(
                    node.place,
                    "\(expected), in upper case, not '\(text)'\(Guess.hint(for: text, among: known))"
                )
                continue
            }
            if !methods.contains(method) {
                methods.append(method)
            }
        }
        return methods
    }

    private static func path(
        from settings: inout PolicyReader,
        methods: inout [HTTPRequest.Method],
        method: PolicyNode?,
        run: LoadingRun
    ) -> PathPattern {
        let kinds = ["path", "regex", "grpc"]
        let written = settings.keys.filter(kinds.contains)
        let nodes = Dictionary(kinds.map { ($0, settings.node($0)) }) { first, _ in first }
        guard let kind = written.first, let node = nodes[kind] ?? nil else { return .any }
        if written.count > 1, let second = nodes[written[1]] ?? nil {
            settings.note(second.place, "'match' takes one of path, regex and grpc, and '\(kind)' stands there already")
        }
        guard let text = settings.text(of: node, expected: "'\(kind)' should be a text") else { return .any }
        do {
            switch kind {
            case "path":
                return try PathPattern(parsing: text, at: node.place)
            case "regex":
                return .regex(try PathRegex(parsing: text, at: node.place))
            default:
                methods = [.post]
                if let method {
                    settings.note(method.place, "'grpc' is always POST; leave out 'method'")
                }
                return try grpcPath(text, at: node.place)
            }
        } catch {
            run.note(error, about: node, key: kind)
            return .any
        }
    }

    /// gRPC over HTTP/2, "Requests": the path is `/`, the full name of the service, `/`, the method.
    private static func grpcPath(_ text: String, at place: Place) throws(PolicyMistake) -> PathPattern {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, isIdentifier(parts[0], allowingDots: true),
            parts[1] == "*" || isIdentifier(parts[1], allowingDots: false)
        else {
            throw PolicyMistake(place, "'grpc' should be package.Service/Method or package.Service/*, not '\(text)'")
        }
        return parts[1] == "*"
            ? .below([.literal(parts[0])]) : .exact([.literal(parts[0]), .literal(parts[1])])
    }

    private static func isIdentifier(_ text: String, allowingDots: Bool) -> Bool {
        PolicyName.isValid(text) && !text.contains("-") && (allowingDots || !text.contains("."))
            && !text.hasPrefix(".") && !text.hasSuffix(".")
    }
}
