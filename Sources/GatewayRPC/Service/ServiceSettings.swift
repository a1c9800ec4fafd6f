package import GatewayKit

/// What a policy says of a gRPC service that the gateway asks.
package struct ServiceSettings: Sendable, Hashable {
    /// At least one, where no mistake was noted.
    package var addresses: [ServiceAddress]
    /// `nil`: cleartext HTTP/2.
    package var tls: ServiceTLS?
    /// For a call with all of its attempts.
    package var timeout: Duration
    /// Further attempts after one that found nobody, for calls that may be repeated.
    package var retries = 1
    /// Calls that may be open at the same time at each address; further ones fail at once.
    package var streamLimit = 1_000
    /// The longest answer that is read.
    package var answerLimit = ByteCount.mebibytes(1)
    package var breaker = CircuitBreaker.Settings()
    /// `nil`: an address is judged by what calls meet.
    package var health: HealthSettings?

    package init(_ addresses: [ServiceAddress], tls: ServiceTLS? = nil, timeout: Duration) {
        self.addresses = addresses
        self.tls = tls
        self.timeout = timeout
    }

    /// Reads `address` or `addresses`, `tls`, `timeout`, `retries`, `max-streams`, `breaker` and `health` among the settings
    /// of a plugin.
    ///
    /// - Parameter timeout: where the policy says none.
    package init(from settings: inout PolicyReader, timeout: Duration) {
        self.init(
            Self.addresses(from: &settings),
            tls: ServiceTLS.one(from: &settings),
            timeout: settings.timeout("timeout", or: timeout)
        )
        retries = settings.integer("retries", in: 0...10, or: retries)
        streamLimit = settings.integer("max-streams", in: 1...100_000, or: streamLimit)
        if var reader = settings.section("breaker") {
            defer { reader.finish() }
            breaker.failures = reader.integer("failures", in: 1...1_000, or: breaker.failures)
            breaker.pause = reader.timeout("pause", or: breaker.pause)
            breaker.longestPause = reader.timeout("longest-pause", or: max(breaker.pause, breaker.longestPause))
            if breaker.longestPause < breaker.pause {
                reader.note(reader.error(at: "longest-pause", "should not be shorter than 'pause'"))
            }
        }
        health = HealthSettings.one(from: &settings)
    }

    /// As messages and the log name it.
    package var name: String { addresses.map(\.description).joined(separator: ", ") }

    private static func addresses(from settings: inout PolicyReader) -> [ServiceAddress] {
        let single = settings.node("address")
        let hasSeveral = settings.contains("addresses")
        var nodes = settings.nodes("addresses")
        if let single {
            if hasSeveral {
                settings.note(settings.error(at: "addresses", "stands for 'address': only one of them is written"))
            }
            nodes = [single]
        } else if !hasSeveral {
            settings.note(
                settings.place,
                "'\(settings.word)' needs 'address': \(example)",
                rule: .missingSetting
            )
        } else if nodes.isEmpty {
            settings.note(settings.error(at: "addresses", "should name at least one address"))
        }
        var addresses = [ServiceAddress]()
        for node in nodes {
            let name = single == nil ? "'addresses'" : "'address'"
            guard
                let address = settings.value(
                    of: node,
                    named: name,
                    expected: example,
                    { ServiceAddress(parsing: $0) }
                )
            else { continue }
            if addresses.contains(address) { settings.note(node.place, "\(name) names \(address) already") }
            addresses.append(address)
        }
        return addresses
    }

    private static let example = "an address such as 127.0.0.1:10010, pricer.internal:10010 or unix:/run/pricer.sock"
}
