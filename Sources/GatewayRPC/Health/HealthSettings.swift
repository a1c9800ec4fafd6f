internal import GatewayKit

/// How often a service is asked for its health, by `grpc.health.v1.Health/Check`.
package struct HealthSettings: Sendable, Hashable {
    /// The name that it is asked about; empty: the server as a whole.
    package var service = ""
    package var interval = Duration.seconds(5)
    package var timeout = Duration.seconds(1)
    /// Answers in a row after which an address that was left out is asked again.
    package var healthyCount = 2
    /// Failures in a row after which an address is left out.
    package var unhealthyCount = 2

    package init() {}

    /// What `health` says: a map, which may be empty, or `true`; `nil` where there is none.
    static func one(from settings: inout PolicyReader) -> HealthSettings? {
        guard let node = settings.node("health") else { return nil }
        if case .text = node.content {
            return settings.flag("health", or: false) ? HealthSettings() : nil
        }
        guard var reader = settings.section("health") else { return nil }
        defer { reader.finish() }
        var health = HealthSettings()
        health.service = reader.text("service", or: health.service)
        health.interval = reader.timeout("every", or: health.interval)
        health.timeout = reader.timeout("timeout", or: health.timeout)
        health.healthyCount = reader.integer("healthy", in: 1...100, or: health.healthyCount)
        health.unhealthyCount = reader.integer("unhealthy", in: 1...100, or: health.unhealthyCount)
        if health.timeout > health.interval {
            reader.note(reader.error(at: "timeout", "should not be longer than 'every', the time between two checks"))
        }
        return health
    }
}
