package import GatewayKit
internal import NIOConcurrencyHelpers

/// The services that the plugins of a policy ask: one client for all that say the same of a service, so that they share its
/// connections and its breaker. It goes on from one policy to the next, and a client goes with the last plugin that has it.
package final class ServiceClients: Startable {
    private struct Entry {
        weak let client: ServiceClient?
    }

    private struct State {
        var entries: [ServiceSettings: Entry] = [:]
        var isStopped = false
    }

    private let isOffline: Bool
    private let state = NIOLockedValueBox(State())

    /// - Parameter isOffline: for policies that are only tried: nobody is asked.
    package init(isOffline: Bool = false) {
        self.isOffline = isOffline
    }

    /// The client for settings that a plugin has read.
    ///
    /// - Throws: a sentence where the certificates cannot be used.
    package static func client(_ settings: ServiceSettings, _ services: Services) throws -> ServiceClient {
        try services.parts.part(orMake: { ServiceClients() }).client(settings, services)
    }

    private func client(_ settings: ServiceSettings, _ services: Services) throws -> ServiceClient {
        try state.withLockedValue { state in
            if let client = state.entries[settings]?.client { return client }
            let client = try ServiceClient(
                settings,
                time: services.time,
                logger: services.logger,
                isOffline: isOffline || state.isStopped
            )
            state.entries = state.entries.filter { $0.value.client != nil }
            state.entries[settings] = Entry(client: client)
            return client
        }
    }

    private var clients: [ServiceClient] { state.withLockedValue { $0.entries.values.compactMap(\.client) } }

    package func start() async throws {
        for client in clients { client.start() }
    }

    package func stop() async {
        state.withLockedValue { $0.isStopped = true }
        for client in clients { await client.stop() }
    }
}
