package import GRPCPricer
package import GatewayKit
package import GatewayPolicy
internal import GatewayRPC
package import GatewayServer
internal import Lightning
package import Logging
internal import NIOPosix
internal import Stores

/// A policy at work without a socket: the plan, the routes and the stages that `run` would have, a store in memory, the
/// development node without its listener, upstreams that answer what they are told, and a clock that stands still.
package final class TrialGateway: Sendable {
    package let policy: LoadedPolicy
    package let clock: TrialClock
    package let rates: ScriptedRates
    /// What is answered in the place of price servers.
    package let prices: ScriptedPrices
    private let trial: Trial
    private let folder: TemporaryFolder

    package var plan: Plan { policy.plan }

    /// - Parameters:
    ///   - keys: the folder of a gateway whose keys are used, so that its tokens count; `nil`: new ones.
    ///   - start: what the clock says.
    /// - Throws: `CommandFailure` after the mistakes of the policy were printed.
    package init(
        keysOf keys: String? = nil,
        at start: WallTime,
        logger: Logger = Logger(label: "trial") { _ in SwiftLogNoOpLogHandler() },
        load: @escaping LoadedPolicy.Source
    ) async throws {
        let clock = TrialClock(start)
        let rates = ScriptedRates(time: clock.source)
        folder = try TemporaryFolder(withKeysOf: keys)
        policy = try LoadedPolicy(
            dataFolder: folder.path,
            time: clock.source,
            logger: logger,
            standIns: { services in Self.standIns(services, rates) },
            printsWarnings: false,
            load: load
        )
        self.clock = clock
        self.rates = rates
        prices = ScriptedPrices.part(of: policy.parts) ?? ScriptedPrices()
        try policy.prepareKeys()
        try await policy.plan.store.start()
        try await policy.plan.lightning.start()
        for part in policy.parts.all { try await part.start() }
        let listener = policy.plan.listeners.first ?? ListenerSettings(host: "127.0.0.1", port: 8402)
        trial = try await Trial.on(
            MultiThreadedEventLoopGroup.singleton.next(),
            routing: policy.routing(at: listener, 0, policy.pages),
            listener: listener,
            time: clock.source,
            logger: logger
        )
    }

    @Sendable private static func standIns(_ services: Services, _ rates: ScriptedRates) -> Services {
        // Nobody is asked: what a policy does is found out here, not what others say about it.
        _ = services.parts.part { ServiceClients(isOffline: true) }
        var services = services
        rates.standIn(for: services.rates)
        services.rates = rates
        _ = services.parts.part(orMake: { ScriptedPrices() })
        services.store = MemoryStore(time: services.time)
        services.lightning = DevNode(listener: ListenerSettings(host: "127.0.0.1", port: 0), services)
        return services
    }

    package func stop() async {
        for part in policy.parts.all { await part.stop() }
        await plan.lightning.stop()
        await plan.store.stop()
    }

    /// One after the other.
    package func outcome(of request: TrialRequest, upstream: TrialResponse = .ok) async throws -> TrialOutcome {
        try await trial.outcome(of: request, upstream: upstream)
    }

    /// The route of this name, as it is planned.
    package func planned(_ name: String?) -> PlannedRoute? {
        plan.routes.first { $0.route.name == name }
    }
}
