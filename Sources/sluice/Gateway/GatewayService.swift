internal import GatewayKit
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Runs a gateway until the process is told to end.
struct GatewayService: Service {
    let gateway: Gateway
    /// Called once every listener is open.
    let whenStarted: @Sendable (RunningGateway) -> Void

    func run() async throws {
        let running = try await gateway.start()
        whenStarted(running)
        try? await gracefulShutdown()
        await running.stop()
    }

    /// Returns after SIGINT or SIGTERM and the drain that follows.
    static func serve(
        _ gateway: Gateway,
        logger: Logger,
        whenStarted: @escaping @Sendable (RunningGateway) -> Void
    ) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: GatewayService(gateway: gateway, whenStarted: whenStarted),
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                gracefulShutdownSignals: [.sigint, .sigterm],
                logger: logger
            )
        )
        try await group.run()
    }
}
