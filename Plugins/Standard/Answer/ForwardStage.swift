package import GatewayKit

/// Sends the request to an upstream, with another path or host where the policy says so.
package struct ForwardStage: StagePlugin {
    package static let word = "forward"
    package static let isLast = true

    private let destination: Upstream
    private let rewrite: PathRewrite?
    private let host: String?

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        if let node = settings.shorthand() {
            rewrite = nil
            host = nil
            destination = try Self.upstream(node, in: settings, services)
            return
        }
        rewrite = Self.rewrite(from: &settings)
        host = settings.node("host") != nil ? Self.host(from: &settings) : nil
        guard let node = settings.node("to") else {
            throw PolicyMistake(settings.place, "'forward' needs 'to': the name of an upstream")
        }
        destination = try Self.upstream(node, in: settings, services)
    }

    private static func upstream(
        _ node: PolicyNode,
        in settings: PolicyReader,
        _ services: Services
    ) throws -> Upstream {
        guard case .text(let name) = node.content else {
            throw PolicyMistake(node.place, "'forward' should be the name of an upstream, not \(node.kind)")
        }
        if let upstream = services.upstreams[name] { return upstream }
        let names = services.upstreams.keys.sorted()
        let known = names.isEmpty ? "none" : names.joined(separator: ", ")
        throw PolicyMistake(
            node.place,
            "unknown upstream '\(name)'\(Guess.hint(for: name, among: names)); there is \(known)"
        )
    }

    private static func rewrite(from settings: inout PolicyReader) -> PathRewrite? {
        var rewrite: PathRewrite?
        if let node = settings.node("rewrite") {
            if case .map = node.content {
                var reader = settings.reader(for: node, word: "rewrite")
                rewrite = .prefix(
                    from: withoutLastSlash(path("from", from: &reader)),
                    to: withoutLastSlash(path("to", from: &reader))
                )
                reader.finish()
            } else {
                rewrite = .whole(path("rewrite", from: &settings))
            }
        }
        guard settings.node("strip") != nil else { return rewrite }
        if rewrite != nil {
            settings.note(settings.error(at: "strip", "does not go together with 'rewrite'"))
        }
        return .prefix(from: withoutLastSlash(path("strip", from: &settings)), to: "")
    }

    /// In its normal form. A pattern is a mistake: which part of the path it stands for is not known here.
    private static func path(_ key: String, from settings: inout PolicyReader) -> String {
        let expected = "a path such as /v1, without a query"
        let path = settings.value(key, or: nil, placeholder: "/", expected: expected) { RequestPath.normalised($0) }
        if path.hasSuffix("/*") {
            settings.note(
                settings.error(at: key, "takes no pattern; a prefix is replaced with rewrite: { from: /v1, to: /new }")
            )
        }
        return path
    }

    private static func withoutLastSlash(_ path: String) -> String {
        path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private static func host(from settings: inout PolicyReader) -> String {
        settings.value("host", or: nil, placeholder: "", expected: "a host such as api.internal or api.internal:8080") {
            text in
            let isHost = !text.isEmpty && text.utf8.allSatisfy(Self.isHostByte)
            return isHost ? text.lowercased() : nil
        }
    }

    /// Letters, digits and what else names, addresses and ports are made of.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["),
            UInt8(ascii: "]"):
            true
        default: false
        }
    }

    package var summary: String {
        // Not the host itself: it may come from a reference.
        (["to \(destination.name)"] + [rewrite?.description, host.map { _ in "with another host" }].compactMap(\.self))
            .joined(separator: ", ")
    }

    package var upstream: Upstream? { destination }

    package func forwardedPath(of path: String) -> String { rewrite?.target(from: path) ?? path }

    /// What a query says is nobody's business but the upstream's.
    private static func withoutQuery(_ target: String) -> String {
        target.firstIndex(of: "?").map { "\(target[..<$0])?..." } ?? target
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        if let rewrite {
            exchange.edits.target = rewrite.target(from: exchange.edits.target ?? exchange.request.target)
        }
        if let host {
            exchange.edits.host = host
        }
        exchange.looked(at: "target", Self.withoutQuery(exchange.edits.target ?? exchange.request.target))
        return .now(.forward(destination))
    }
}
