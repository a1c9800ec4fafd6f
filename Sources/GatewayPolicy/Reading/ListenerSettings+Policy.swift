internal import GatewayKit

extension ListenerSettings {
    static let defaultAddress = ListenerSettings(host: "127.0.0.1", port: 8402)

    /// What `listen` says: an address, a map with one, or a list of these.
    static func list(from entry: PolicyNode.Entry?, run: LoadingRun) -> [ListenerSettings] {
        guard let entry else { return [defaultAddress] }
        let nodes: [PolicyNode]
        if case .list(let items) = entry.value.content {
            nodes = items
        } else {
            nodes = [entry.value]
        }
        if nodes.isEmpty {
            run.note(entry.value.place, "'listen' should name an address such as \(defaultAddress.address)")
        }
        var listeners = [ListenerSettings]()
        for node in nodes {
            let mistakes = run.mistakes.all.count
            guard let listener = one(from: node, run: run), run.mistakes.all.count == mistakes else { continue }
            if listener.port != 0, listeners.contains(where: { $0.address == listener.address }) {
                run.note(node.place, "the gateway listens on \(listener.address) already")
            }
            listeners.append(listener)
        }
        return listeners
    }

    /// The defaults of the routes of each listener that has some, by its index.
    static func defaults(of entry: PolicyNode.Entry?, run: LoadingRun) -> [Int: DefaultLayer] {
        guard let entry else { return [:] }
        let nodes: [PolicyNode] = if case .list(let items) = entry.value.content { items } else { [entry.value] }
        var layers = [Int: DefaultLayer]()
        for (index, node) in nodes.enumerated() {
            guard case .map(let entries) = node.content,
                let defaults = entries.first(where: { $0.key == "defaults" })?.value
            else { continue }
            let address: PolicyNode? = entries.first { $0.key == "address" }?.value
            let name: String = if case .text(let text)? = address?.content { " \(text)" } else { "" }
            layers[index] = DefaultLayer(defaults, of: "the listener\(name)", run: run)
        }
        return layers
    }

    private static func one(from node: PolicyNode, run: LoadingRun) -> ListenerSettings? {
        let expected = "an address such as 127.0.0.1:8402 or [::1]:8402"
        var settings = run.reader(for: node, word: "listen")
        guard case .map = node.content else {
            if case .text(let text) = node.content, let port = UInt16(text) {
                run.note(
                    node.place,
                    "'listen' should be \(expected), not '\(text)' (did you mean '127.0.0.1:\(port)'?)"
                )
                return nil
            }
            return settings.value(of: node, named: "'listen'", expected: expected) { Self(parsing: $0) }
        }
        var listener = settings.value(
            "address",
            or: nil,
            placeholder: defaultAddress,
            expected: expected
        ) { Self(parsing: $0) }
        for node in settings.nodes("trusted-proxies") {
            if case .text("unix") = node.content {
                listener.trustsUnixPeers = true
                continue
            }
            let network = settings.value(of: node, named: "'trusted-proxies'", expected: "networks such as 10.0.0.0/8")
            {
                Network(parsing: $0)
            }
            listener.trustedProxies += [network].compactMap { $0 }
        }
        listener.acceptsProxyProtocol = settings.flag("proxy-protocol", or: false)
        if listener.acceptsProxyProtocol, listener.trustedProxies.isEmpty, !listener.trustsUnixPeers {
            settings.note(
                settings.error(
                    at: "proxy-protocol",
                    "needs 'trusted-proxies': from whom a PROXY header is believed"
                )
            )
        }
        listener.tls = ServerTLS.one(from: &settings, run: run)
        if settings.node("max-connections") != nil {
            listener.maxConnections = settings.integer("max-connections", in: 1...1_048_576, or: usualConnections)
        }
        listener.maxConnectionsPerAddress = settings.integer(
            "max-connections-per-address",
            in: 1...1_048_576,
            or: listener.maxConnectionsPerAddress
        )
        listener.limits.streams = settings.integer("max-streams", in: 1...10_000, or: listener.limits.streams)
        let defaults = MessageLimits()
        listener.limits.head = settings.value(
            "max-head",
            or: defaults.head,
            placeholder: defaults.head,
            expected: "a size from 1 KiB to 1 MiB"
        ) { text in
            ByteCount(parsing: text).flatMap { (.kibibytes(1) ... .mebibytes(1)).contains($0) ? $0 : nil }
        }
        listener.limits.fields = settings.integer("max-fields", in: 1...128, or: defaults.fields)
        listener.limits.headTimeout = settings.timeout("head-timeout", or: defaults.headTimeout)
        listener.limits.idleTimeout = settings.timeout("idle-timeout", or: defaults.idleTimeout)
        listener.limits.minBodyRate = settings.value(
            "min-body-rate",
            or: defaults.minBodyRate,
            placeholder: defaults.minBodyRate,
            expected: "bytes a second such as 1 KiB/s"
        ) { ByteRate(parsing: $0) }
        listener.limits.bodyGrace = settings.timeout("body-grace", or: defaults.bodyGrace)
        listener.offersDiscovery = settings.flag("discovery", or: true)
        _ = settings.node("defaults")
        settings.finish()
        return listener
    }
}
