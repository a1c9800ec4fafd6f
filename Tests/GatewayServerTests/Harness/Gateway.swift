import GatewayKit
import GatewayServer
import Logging
import NIOCore
import NIOPosix

/// A running gateway for one test, with everything it answers by in one route.
struct Gateway: Sendable {
    let server: RunningServer
    let log: CapturedLog
    let port: Int

    func connect(reads: Bool = true, keeps: Bool = true) async throws -> RawConnection {
        try await RawConnection.connect(to: port, reads: reads, keeps: keeps)
    }

    /// Waits until so many clients are connected; the number of turns only bounds a test that fails.
    func connections(become count: Int) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        for _ in 0..<24_000 {
            if try await server.connectionCount() == count {
                // A turn after an event loop counts a connection no more, its place at the listener is free, too.
                _ = try await server.connectionCount()
                return
            }
            try await loop.scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
        }
        throw NeverHappened("\(count) connections", "\(try await server.connectionCount())")
    }

    /// Starts a gateway, runs `body`, and stops it whatever happens.
    static func serving(
        _ stages: [any Stage],
        limits: MessageLimits = MessageLimits(),
        trustedProxies: [String] = [],
        threads: Int = 1,
        drainTimeout: Duration = .milliseconds(200),
        resolver: any NameResolver = SystemNameResolver(),
        _ body: @Sendable (Gateway) async throws -> Void
    ) async throws {
        try await serving(
            SingleRoute(Route(name: "tested", stages: stages)),
            limits: limits,
            trustedProxies: trustedProxies,
            threads: threads,
            drainTimeout: drainTimeout,
            resolver: resolver,
            body
        )
    }

    static func serving(
        _ routing: any Routing,
        limits: MessageLimits = MessageLimits(),
        trustedProxies: [String] = [],
        threads: Int = 1,
        drainTimeout: Duration = .milliseconds(200),
        resolver: any NameResolver = SystemNameResolver(),
        _ body: @Sendable (Gateway) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let log = CapturedLog()
        let settings = ListenerSettings(
            host: "127.0.0.1",
            port: 0,
            trustedProxies: trustedProxies.compactMap { Network(parsing: $0) },
            limits: limits
        )
        let server = try await GatewayServer(
            listeners: [.init(settings, routing: routing)],
            group: group,
            resolver: resolver,
            logger: log.logger,
            drainTimeout: drainTimeout
        ).start()
        let gateway = Gateway(server: server, log: log, port: server.addresses.first?.port ?? 0)
        do {
            try await body(gateway)
        } catch {
            await server.drain()
            try await group.shutdownGracefully()
            throw error
        }
        await server.drain()
        try await group.shutdownGracefully()
    }

    /// The same in front of a scripted upstream, which is stopped afterwards.
    static func forwarding(
        to service: ScriptedUpstream,
        after stages: [any Stage] = [],
        timeouts: Upstream.Timeouts = .init(),
        connectionLimit: Int = 512,
        limits: MessageLimits = MessageLimits(),
        trustedProxies: [String] = [],
        drainTimeout: Duration = .milliseconds(200),
        _ body: @Sendable (Gateway) async throws -> Void
    ) async throws {
        let upstream = service.upstream(timeouts: timeouts, connectionLimit: connectionLimit)
        do {
            try await serving(
                stages + [ForwardStage(upstream)],
                limits: limits,
                trustedProxies: trustedProxies,
                drainTimeout: drainTimeout,
                body
            )
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
    }
}
