internal import GatewayKit
internal import NIOCore
internal import NIOPosix

/// Opens listeners.
struct ListenerOpening: Sendable {
    let group: any EventLoopGroup
    let workers: [NIOLoopBound<Worker>]

    /// - Throws: `StartFailure` that names the address.
    func open(_ listener: GatewayServer.Listener, identities: ServerIdentityStore?) async throws -> OpenListener {
        let census = ConnectionCensus(listener.settings)
        let tls = identities?.context
        var doorways: [ObjectIdentifier: NIOLoopBound<Doorway>] = [:]
        for worker in workers {
            let eventLoop = worker.eventLoop
            doorways[ObjectIdentifier(eventLoop)] = try await worker.onLoop { worker in
                let entrance = Entrance(
                    worker: worker,
                    settings: listener.settings,
                    routing: listener.routing,
                    tls: tls,
                    census: census
                )
                return NIOLoopBound(Doorway(entrance), eventLoop: eventLoop)
            }
        }
        do {
            return OpenListener(
                channel: try await bind(listener.settings, doorways: doorways),
                doorways: Array(doorways.values),
                settings: listener.settings,
                identities: identities
            )
        } catch {
            throw Self.failure(error, opening: listener.settings)
        }
    }

    private func bind(
        _ settings: ListenerSettings,
        doorways: [ObjectIdentifier: NIOLoopBound<Doorway>]
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 32 * 1024, high: 128 * 1024))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: ReceiveBuffers())
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try doorways[ObjectIdentifier(channel.eventLoop)]?.value.open(channel)
                }
            }
        guard let path = settings.socketPath else {
            return try await bootstrap.bind(host: settings.host, port: settings.port).get()
        }
        return try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
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
