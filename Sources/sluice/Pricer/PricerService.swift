internal import GatewayKit
internal import GatewayPricing
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Serves prices until the process is told to end.
struct PricerService: Service {
    let list: PriceList
    let listener: ListenerSettings
    let store: BookStore
    let logger: Logger
    /// Called once it listens.
    let whenStarted: @Sendable (PriceHost) -> Void

    func run() async throws {
        let host = try await PriceHost(list, at: listener, store: store, logger: logger)
        whenStarted(host)
        try? await gracefulShutdown()
        await host.stop()
    }

    /// Returns after SIGINT or SIGTERM, when every call has ended.
    func serve() async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: self, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigint, .sigterm],
                logger: logger
            )
        )
        try await group.run()
    }
}
