package import GatewayKit
package import Logging
package import NIOCore
internal import NIOPosix

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

    /// - Parameter drainTimeout: how long exchanges may go on once the server is told to stop.
    package init(
        listeners: [Listener],
        group: any EventLoopGroup,
        time: TimeSource = .system,
        logger: Logger,
        drainTimeout: Duration = .seconds(10)
    ) {
        self.listeners = listeners
        self.group = group
        self.time = time
        self.logger = logger
        self.drainTimeout = drainTimeout
    }

    /// Opens every listener.
    ///
    /// - Throws: `StartFailure` that names the address when one cannot be opened; none is open then.
    package func start() async throws -> RunningServer {
        var workers: [ObjectIdentifier: NIOLoopBound<Worker>] = [:]
        for eventLoop in group.makeIterator() {
            let worker = try await eventLoop.submit { [time, logger] in
                let worker = Worker(eventLoop: eventLoop, time: time, logger: logger)
                worker.start()
                return NIOLoopBound(worker, eventLoop: eventLoop)
            }.get()
            workers[ObjectIdentifier(eventLoop)] = worker
        }
        let running = RunningServer(workers: Array(workers.values), drainTimeout: drainTimeout, logger: logger)
        for listener in listeners {
            do {
                running.add(try await bind(listener, workers: workers))
            } catch {
                await running.drain()
                throw Self.failure(error, opening: listener.settings)
            }
        }
        return running
    }

    private func bind(
        _ listener: Listener,
        workers: [ObjectIdentifier: NIOLoopBound<Worker>]
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 * 1024, high: 128 * 1024))
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 128 * 1024)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let worker = workers[ObjectIdentifier(channel.eventLoop)]?.value else { return }
                    try channel.pipeline.syncOperations.addHandler(
                        HTTP1Connection(worker: worker, settings: listener.settings, routing: listener.routing)
                    )
                }
            }
            .bind(host: listener.settings.host, port: listener.settings.port)
            .get()
    }

    private static func failure(_ error: any Error, opening settings: ListenerSettings) -> StartFailure {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE {
            return StartFailure("cannot listen on \(settings.address): the port is in use by another program")
        }
        if let error = error as? IOError, error.errnoCode == EACCES {
            return StartFailure("cannot listen on \(settings.address): ports below 1024 need the right to open them")
        }
        if let error = error as? IOError, error.errnoCode == EADDRNOTAVAIL {
            return StartFailure("cannot listen on \(settings.address): this machine does not have that address")
        }
        return StartFailure("cannot listen on \(settings.address): \(error)")
    }
}
