package import GRPCCore
package import GRPCNIOTransportHTTP2Posix
package import GatewayKit
package import NIOCore

/// Serves gRPC at one address, until it is stopped.
///
/// The task that serves is never cancelled. A server that is cancelled looks at nothing any more that comes, and a connection
/// or a call that nobody has looked at ends the process when it is forgotten (swift-nio 2.101, NIOAsyncWriter: "Deinited
/// NIOAsyncWriter without calling finish()"; grpc-swift-nio-transport 2.9.2, CustomTransport.swift, whose loops over both
/// end at once). The same becomes of a connection that is taken while the listener closes. So first no connection is taken
/// any more, then clients are told to leave, and what does not leave in time has its connection closed, as by a client: the
/// server ends by itself.
package final class RPCServer: Sendable {
    /// Calls that a connection may have open at the same time, at the least.
    private static let fewestStreams = 1_000
    /// For calls whose connections are closed already.
    private static let patience = Duration.seconds(5)

    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let channels: ServerChannels
    private let ended: EventLoopFuture<Void>
    /// `nil` for a Unix socket.
    package let address: NIOCore.SocketAddress?

    private init(
        _ server: GRPCServer<HTTP2ServerTransport.Posix>,
        channels: ServerChannels,
        ended: EventLoopFuture<Void>,
        address: NIOCore.SocketAddress?
    ) {
        self.server = server
        self.channels = channels
        self.ended = ended
        self.address = address
    }

    /// Returns once it listens.
    ///
    /// - Parameter security: in place of what the listener's `tls` says.
    /// - Throws: `StartFailure` that names the address where it cannot be opened.
    package static func start(
        at listener: ListenerSettings,
        security: HTTP2ServerTransport.Posix.TransportSecurity? = nil,
        services: [any RegistrableRPCService]
    ) async throws -> RPCServer {
        let channels = ServerChannels()
        let transport = HTTP2ServerTransport.Posix(
            address: try listener.rpcAddress(),
            transportSecurity: try security ?? listener.rpcSecurity(),
            config: .defaults { config in
                config.http2.maxConcurrentStreams = max(listener.limits.streams, fewestStreams)
                config.channelDebuggingCallbacks = channels.callbacks
            },
            eventLoopGroup: ServerChannels.group
        )
        let server = GRPCServer(transport: transport, services: services)
        let ended = ServerChannels.group.any().makePromise(of: Void.self)
        Task {
            do {
                try await server.serve()
                ended.succeed()
            } catch {
                ended.fail(error)
            }
        }
        do {
            let opened = try await server.listeningAddress
            let address = try opened?.ipv4.map { try NIOCore.SocketAddress(ipAddress: $0.host, port: $0.port) }
            return RPCServer(
                server,
                channels: channels,
                ended: ended.futureResult,
                address: try address
                    ?? opened?.ipv6.map { try NIOCore.SocketAddress(ipAddress: $0.host, port: $0.port) }
            )
        } catch let notOpened {
            server.beginGracefulShutdown()
            var cause = notOpened
            do {
                try await ended.futureResult.get()
            } catch {
                // What the server says of itself is only that it has stopped.
                cause = (error as? RuntimeError)?.cause ?? error
            }
            throw StartFailure("cannot listen on \(listener.address): \(cause)")
        }
    }

    /// Takes no further connections and calls, and lets those end that are open.
    ///
    /// - Parameter grace: for how long. Then their connections are closed, of which a call learns by its context's
    ///   `cancellation`; what does not look there is left behind.
    package func stop(within grace: Duration = .seconds(10)) async {
        await channels.stopAccepting()
        server.beginGracefulShutdown()
        if await hasEnded(within: grace) { return }
        channels.close()
        _ = await hasEnded(within: Self.patience)
    }

    private func hasEnded(within time: Duration) async -> Bool {
        let answer = ended.eventLoop.makePromise(of: Bool.self)
        // The first of both counts.
        let timer = ended.eventLoop.scheduleTask(in: TimeAmount(time)) { answer.succeed(false) }
        ended.whenComplete { _ in
            answer.succeed(true)
            timer.cancel()
        }
        return (try? await answer.futureResult.get()) ?? true
    }
}
