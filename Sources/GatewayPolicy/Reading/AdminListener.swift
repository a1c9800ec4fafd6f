internal import GatewayKit

/// Where the gateway answers its operator: what `admin` says. Never where it answers everybody.
enum AdminListener {
    /// `nil` where the policy has none.
    static func one(
        from entry: PolicyNode.Entry?,
        beside listeners: [ListenerSettings],
        run: LoadingRun
    ) -> ListenerSettings? {
        guard let entry else { return nil }
        var settings = run.reader(for: entry.value, word: entry.key)
        defer { settings.finish() }
        let node = settings.node("listen")
        let listener = settings.value(
            "listen",
            or: nil,
            placeholder: nil,
            expected: "an address such as 127.0.0.1:8404"
        ) { ListenerSettings(parsing: $0).map { Optional($0) } }
        guard let node, let listener else { return nil }
        if let other = listeners.first(where: { overlap($0, listener) }) {
            run.note(
                node.place,
                "the gateway listens on \(other.address) for everybody; 'admin' needs an address of its own"
            )
        } else if !isLocal(listener) {
            run.note(
                .exposedAdmin,
                node.place,
                "whoever reaches \(listener.address) reaches 'admin'; 127.0.0.1 is for this machine alone"
            )
        }
        return listener
    }

    /// True when one of them takes connections to the other's address.
    private static func overlap(_ first: ListenerSettings, _ second: ListenerSettings) -> Bool {
        if first.socketPath != nil || second.socketPath != nil {
            return first.socketPath.map(FilePath.identity) == second.socketPath.map(FilePath.identity)
        }
        guard first.port == second.port, first.port != 0 else { return false }
        let hosts = [first, second].map { canonical($0.host) }
        return hosts[0] == hosts[1] || hosts.contains("0.0.0.0") || hosts.contains("::")
    }

    /// The same for all spellings of an address; `localhost` is one.
    private static func canonical(_ host: String) -> String {
        let host = host.lowercased()
        return IPAddress(host == "localhost" ? "127.0.0.1" : host)?.description ?? host
    }

    private static func isLocal(_ listener: ListenerSettings) -> Bool {
        listener.socketPath != nil || IPAddress(canonical(listener.host))?.isLoopback == true
    }
}
