internal import GatewayKit

extension Upstream {
    /// What one entry of `upstreams` says; `nil` where a mistake was noted.
    static func one(from entry: PolicyNode.Entry, run: LoadingRun) -> Upstream? {
        if !PolicyName.isValid(entry.key) {
            run.note(entry.keyPlace, "the name of an upstream \(PolicyName.rule), not '\(entry.key)'")
        }
        var settings = run.reader(for: entry.value, word: entry.key)
        let url = settings.node("url")
        let defaults = Timeouts()
        let timeouts = Timeouts(
            connect: settings.timeout("connect-timeout", or: defaults.connect),
            response: settings.timeout("timeout", or: defaults.response),
            idle: settings.timeout("idle-timeout", or: defaults.idle)
        )
        let connections = settings.integer("max-connections", in: 1...65_536, or: 512)
        settings.finish()

        let example = "a URL such as http://127.0.0.1:9001"
        guard let url else {
            if case .map = entry.value.content {
                run.note(entry.keyPlace, "'\(entry.key)' needs 'url': \(example)")
            } else if case .empty = entry.value.content {
                run.note(entry.keyPlace, "'\(entry.key)' needs 'url': \(example)")
            }
            return nil
        }
        guard let text = settings.text(of: url, expected: "'url' should be \(example)") else { return nil }
        do {
            let (host, port) = try authority(of: text, at: url.place)
            return Upstream(name: entry.key, host: host, port: port, timeouts: timeouts, connectionLimit: connections)
        } catch {
            run.note(error, about: url, key: "url")
            return nil
        }
    }

    private static func authority(of url: String, at place: Place) throws(PolicyMistake) -> (host: String, port: Int) {
        let example = "http://127.0.0.1:9001"
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            throw PolicyMistake(place, "'url' should be a URL such as \(example), not '\(url)'")
        }
        let scheme = url[..<colon].lowercased()
        guard scheme == "http" else {
            let known = ["https", "h2c", "h2", "grpc"].contains(scheme)
            let reason = known ? "is not supported yet" : "is unknown"
            throw PolicyMistake(place, "'url' should begin with http://; the scheme '\(scheme)' \(reason)")
        }
        let rest = url[colon...].dropFirst(3)
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
        guard let address = ListenerSettings(parsing: hasPort ? String(rest) : "\(rest):80"), address.port > 0 else {
            throw PolicyMistake(place, "'url' should be a URL such as \(example), not '\(url)'")
        }
        return (address.host, address.port)
    }
}
