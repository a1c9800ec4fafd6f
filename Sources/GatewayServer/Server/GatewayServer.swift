package import GatewayKit
package import Logging
package import NIOCore

/// Listens, and serves what comes by the routes of each listener.
package final class GatewayServer: Sendable {
    package struct Listener: Sendable {
        package let settings: ListenerSettings
        package let routing: any Routing

        package init(_ settings: ListenerSettings, routing: any Routing) {
            self.settings = settings
            self.routing = routing
        }
    }

    private let listeners: [Listener]
    private let group: any EventLoopGroup
    private let time: TimeSource
    private let logger: Logger
    private let drainTimeout: Duration
    private let dataFolder: String
    private let accessLog: AccessLog?
    private let decisions: RecentDecisions?
    private let resolver: any NameResolver

    /// - Parameters:
    ///   - dataFolder: where self-signed certificates are kept.
    ///   - accessLog: gets a line for each request. The server does not stop it.
    ///   - decisions: learns of each request that is refused or traced; `nil`: nobody does.
    ///   - resolver: looks up the names of upstreams.
    ///   - drainTimeout: how long exchanges may go on once the server, or their listener, is told to stop.
    package init(
        listeners: [Listener],
        group: any EventLoopGroup,
        dataFolder: String = ".",
        accessLog: AccessLog? = nil,
        decisions: RecentDecisions? = nil,
        resolver: any NameResolver = SystemNameResolver(),
        time: TimeSource = .system,
        logger: Logger,
        drainTimeout: Duration = .seconds(10)
    ) {
        self.listeners = listeners
        self.group = group
        self.accessLog = accessLog
        self.decisions = decisions
        self.resolver = resolver
        self.time = time
        self.logger = logger
        self.drainTimeout = drainTimeout
        self.dataFolder = dataFolder
    }

    /// Opens every listener.
    ///
    /// - Throws: `StartFailure` that names the address when one cannot be opened; none is open then.
    package func start() async throws -> RunningServer {
        var workers: [NIOLoopBound<Worker>] = []
        let upstreamTLS = UpstreamTLSContexts()
        let names = UpstreamNames(resolver, logger: logger)
        for eventLoop in group.makeIterator() {
            let worker = try await eventLoop.submit { [time, logger, accessLog, decisions] in
                let worker = Worker(
                    eventLoop: eventLoop,
                    time: time,
                    logger: logger,
                    accessLog: accessLog,
                    decisions: decisions,
                    tls: upstreamTLS,
                    names: names
                )
                worker.start()
                return NIOLoopBound(worker, eventLoop: eventLoop)
            }.get()
            workers.append(worker)
        }
        let running = RunningServer(
            opening: ListenerOpening(group: group, workers: workers),
            certificates: ListenerCertificates(dataFolder: dataFolder, time: time, logger: logger),
            drainTimeout: drainTimeout,
            logger: logger
        )
        do {
            try await running.replace(listeners)
        } catch {
            await running.drain()
            throw error
        }
        return running
    }
}
