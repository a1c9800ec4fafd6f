internal import GatewayKit

extension Upstream {
    /// What one entry of `upstreams` says; `nil` where a mistake was noted.
    static func one(from entry: PolicyNode.Entry, run: LoadingRun) -> Upstream? {
        if !PolicyName.isValid(entry.key) {
            run.note(entry.keyPlace, "the name of an upstream \(PolicyName.rule), not '\(entry.key)'")
        }
        if case .text(let text) = entry.value.content {
            run.note(
                entry.value.place,
                "'\(entry.key)' should be a map such as { url: http://127.0.0.1:9001 }, not '\(text)'"
            )
            return nil
        }
        var settings = run.reader(for: entry.value, word: entry.key)
        let url = settings.node("url")
        let defaults = Timeouts()
        let timeouts = Timeouts(
            connect: settings.timeout("connect-timeout", or: defaults.connect),
            response: settings.timeout("timeout", or: defaults.response),
            idle: settings.timeout("idle-timeout", or: defaults.idle),
            total: settings.optionalTimeout("total-timeout")
        )
        let pooling = Pooling(from: &settings)
        let resolvePlace = settings.node("resolve-every")?.place
        let healthCheck = HealthCheck.one(from: &settings)
        let tlsPlace = settings.node("tls")?.place
        let tls = UpstreamTLS.one(from: &settings, run: run)
        settings.finish()

        guard let url else {
            if case .map = entry.value.content {
                run.note(.missingSetting, entry.keyPlace, "'\(entry.key)' needs 'url': \(example)")
            } else if case .empty = entry.value.content {
                run.note(.missingSetting, entry.keyPlace, "'\(entry.key)' needs 'url': \(example)")
            }
            return nil
        }
        guard let (scheme, endpoints) = endpoints(in: url, settings: settings, run: run) else { return nil }
        if let tlsPlace, !scheme.usesTLS {
            run.note(tlsPlace, "'tls' is for upstreams whose 'url' begins with https:// or h2://")
        }
        if let resolvePlace, !endpoints.contains(where: \.isNamed) {
            run.note(
                resolvePlace,
                "'resolve-every' is for upstreams whose 'url' has a name to look up, not only addresses"
            )
        }
        return Upstream(
            name: entry.key,
            endpoints: endpoints,
            transport: scheme.transport,
            tls: scheme.usesTLS ? tls : nil,
            timeouts: timeouts,
            pooling: pooling,
            healthCheck: healthCheck
        )
    }

    private static let example = "a URL such as http://127.0.0.1:9001"

    /// What `url` says: one, or a list of several that are spoken to in the same way.
    private static func endpoints(
        in node: PolicyNode,
        settings: PolicyReader,
        run: LoadingRun
    ) -> (Scheme, [Endpoint])? {
        var items = [node]
        if case .list(let nodes) = node.content {
            items = nodes
            if nodes.isEmpty { run.note(node.place, "'url' should be \(example), or a list of these") }
        }
        var common: Scheme?
        var endpoints = [Endpoint]()
        for item in items {
            guard let text = settings.text(of: item, expected: "'url' should be \(example)") else { continue }
            do {
                let (scheme, endpoint) = try endpoint(of: text, at: item.place)
                if let common, scheme != common {
                    run.note(
                        item.place,
                        "all URLs of an upstream should begin with \(common.prefix) like the first, not \(scheme.prefix)"
                    )
                } else if endpoints.contains(endpoint) {
                    run.note(item.place, "'url' names \(endpoint.address) already")
                }
                common = common ?? scheme
                endpoints.append(endpoint)
                if endpoint.isNamed, let fault = run.inspection?.fault(ofHost: endpoint.host) {
                    run.note(.unresolvedName, item.place, fault)
                }
            } catch {
                run.note(error, about: item, key: "url")
            }
        }
        guard let common else { return nil }
        return (common, endpoints)
    }

    /// How an upstream is spoken to.
    private enum Scheme: String, CaseIterable {
        case http, https, h2c, h2
        case unix
        case h2cUnix = "h2c+unix"

        var usesTLS: Bool { self == .https || self == .h2 }
        var isUnix: Bool { self == .unix || self == .h2cUnix }
        var prefix: String { isUnix ? "\(rawValue):" : "\(rawValue)://" }

        var transport: Transport {
            switch self {
            case .http, .unix: .http1
            case .https: .negotiated
            case .h2c, .h2, .h2cUnix: .http2
            }
        }

        var port: Int { usesTLS ? 443 : 80 }
    }

    private static func endpoint(
        of url: String,
        at place: Place
    ) throws(PolicyMistake) -> (scheme: Scheme, endpoint: Endpoint) {
        let example = "http://127.0.0.1:9001"
        let parts = url.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let word = parts[0].lowercased()
        let known = Scheme(rawValue: word)
        if let known, known.isUnix, parts.count == 2 {
            // `sockaddr_un` has room for 107 bytes and a NUL.
            let path = String(parts[1])
            guard path.hasPrefix("/"), (2...107).contains(path.utf8.count), !path.utf8.contains(0) else {
                throw PolicyMistake(
                    place,
                    "'url' should name the absolute path of a Unix socket of at most 107 bytes, such as"
                        + " \(known.prefix)/run/service.sock, not '\(url)'"
                )
            }
            return (known, Endpoint(socketPath: path))
        }
        guard parts.count == 2, parts[1].hasPrefix("/"), known == nil || parts[1].hasPrefix("//") else {
            let isAddress = known == nil && !url.hasPrefix("unix:") && ListenerSettings(parsing: url) != nil
            let guess = isAddress ? " (did you mean 'http://\(url)'?)" : ""
            throw PolicyMistake(place, "'url' should be a URL such as \(example), not '\(url)'\(guess)")
        }
        guard let scheme = known else {
            throw PolicyMistake(
                place,
                "'url' should begin with http://, https://, h2c://, h2:// or unix:; the scheme '\(word)' is"
                    + " unknown\(Guess.hint(for: word, among: Scheme.allCases.map(\.rawValue)))"
            )
        }
        let rest = parts[1].dropFirst(2)
        if let end = rest.firstIndex(where: { $0 == "/" || $0 == "?" || $0 == "#" }) {
            throw PolicyMistake(
                place,
                "'url' names a host and a port, without a path: http://\(rest[..<end]); 'forward' can rewrite the path"
            )
        }
        if rest.contains("@") {
            throw PolicyMistake(place, "'url' should be a URL such as \(example), without a user name or a password")
        }
        let hasPort = rest.hasSuffix("]") ? false : rest.contains(":")
        guard let address = ListenerSettings(parsing: hasPort ? String(rest) : "\(rest):\(scheme.port)"),
            address.port > 0
        else {
            throw PolicyMistake(place, "'url' should be a URL such as \(example), not '\(url)'")
        }
        return (scheme, Endpoint(host: address.host, port: address.port))
    }
}

extension Upstream.Pooling {
    init(from settings: inout PolicyReader) {
        self.init()
        let words = Upstream.Balance.allCases.map(\.rawValue)
        let word = settings.choice("balance", of: words, or: balance.rawValue)
        balance = Upstream.Balance(rawValue: word) ?? balance
        connectionLimit = settings.integer("max-connections", in: 1...65_536, or: connectionLimit)
        streamLimit = settings.integer("max-streams", in: 1...10_000, or: streamLimit)
        waitingLimit = settings.integer("max-waiting", in: 1...1_048_576, or: waitingLimit)
        idleTime = settings.timeout("keep-idle", or: idleTime)
        connectionAge = settings.optionalTimeout("max-age")
        failureLimit = settings.integer("max-failures", in: 1...1_000, or: failureLimit)
        resolveInterval = settings.timeout("resolve-every", or: resolveInterval)
        if resolveInterval < .seconds(1) {
            settings.note(settings.error(at: "resolve-every", "should not be shorter than 1s"))
        }
    }
}

extension Upstream.HealthCheck {
    /// What an upstream's `health` says: `{ path: /healthz, every: 5s }`.
    static func one(from settings: inout PolicyReader) -> Self? {
        if let node = settings.node("health"), case .text(let text) = node.content {
            settings.note(node.place, "'health' should be a map such as { path: /healthz, every: 5s }, not '\(text)'")
            return nil
        }
        guard var reader = settings.section("health") else { return nil }
        defer { reader.finish() }
        let path = reader.value(
            "path",
            or: nil,
            placeholder: "/",
            expected: "the path of a request such as /healthz"
        ) { text in
            text.hasPrefix("/") && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x23 } ? text : nil
        }
        let defaults = Self(path: path)
        let check = Self(
            path: path,
            interval: reader.timeout("every", or: defaults.interval),
            timeout: reader.timeout("timeout", or: defaults.timeout),
            healthyCount: reader.integer("healthy", in: 1...100, or: defaults.healthyCount),
            unhealthyCount: reader.integer("unhealthy", in: 1...100, or: defaults.unhealthyCount)
        )
        if check.timeout > check.interval {
            reader.note(reader.error(at: "timeout", "should not be longer than 'every', the time between two checks"))
        }
        return check
    }
}

extension PolicyReader {
    /// A duration longer than zero; `nil` where there is none.
    mutating func optionalTimeout(_ key: String) -> Duration? {
        guard node(key) != nil else { return nil }
        return timeout(key, or: .seconds(1))
    }
}
