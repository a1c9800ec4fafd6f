import GatewayKit
import NIOCore
import NIOPosix

/// A service on a port of its own that does to each connection what its script says.
final class ScriptedUpstream: Sendable {
    typealias Script = @Sendable (RawConnection) async throws -> Void

    private let listener: any Channel
    private let connections: Watched<[RawConnection]>
    let port: Int

    private init(_ listener: any Channel, port: Int, _ connections: Watched<[RawConnection]>) {
        self.listener = listener
        self.port = port
        self.connections = connections
    }

    /// - Parameter keeps: false: counts what comes and forgets it.
    static func start(keeps: Bool = true, reads: Bool = true, _ script: @escaping Script) async throws
        -> ScriptedUpstream
    {
        let connections = Watched<[RawConnection]>([])
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: reads)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try RawConnection.accepted(channel, keeps: keeps)
                    connections.update { $0.append(connection) }
                    Task {
                        // A script ends by an error when the gateway closes first: that is what tests look at.
                        try? await script(connection)
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return ScriptedUpstream(listener, port: listener.localAddress?.port ?? 0, connections)
    }

    /// Answers every request of a connection with what `respond` makes of it, until the connection ends.
    static func answering(_ respond: @escaping @Sendable (WireMessage) -> String) async throws -> ScriptedUpstream {
        try await start { connection in
            while true {
                try await connection.send(respond(try await connection.request()))
            }
        }
    }

    /// A port where nobody listens.
    static func closedPort() async throws -> Int {
        let upstream = try await start { _ in }
        await upstream.stop()
        return upstream.port
    }

    /// Connections that were accepted so far, in their order.
    var accepted: [RawConnection] { connections.value }

    func connection(_ index: Int) async throws -> RawConnection {
        try await connections.wait(for: "upstream connection \(index)") { $0.count > index }[index]
    }

    func upstream(
        timeouts: Upstream.Timeouts = .init(),
        connectionLimit: Int = 512
    ) -> Upstream {
        Upstream(name: "scripted", host: "127.0.0.1", port: port, timeouts: timeouts, connectionLimit: connectionLimit)
    }

    func stop() async {
        try? await listener.close()
        for connection in accepted {
            await connection.close()
        }
    }
}

extension String {
    /// A response with a length.
    static func ok(_ body: String = "ok", fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
