internal import GatewayKit
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// Runs a gateway until the process is told to end.
struct GatewayService: Service {
    let gateway: Gateway
    let logger: Logger
    /// Called once every listener is open.
    let whenStarted: @Sendable (RunningGateway) -> Void

    func run() async throws {
        // From the beginning on: by default the signal would end the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let running = try await gateway.start()
        whenStarted(running)
        let refreshing = Task {
            for await _ in hangups {
                await running.refresh()
                logger.notice("refreshed: the access log is reopened, certificates are checked")
                _ = await running.reload.reload(because: "SIGHUP")
            }
        }
        try? await gracefulShutdown()
        refreshing.cancel()
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
                        service: GatewayService(gateway: gateway, logger: logger, whenStarted: whenStarted),
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
