internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GatewayKit
internal import GatewayServer
internal import NIOCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Listens for proxies that ask over gRPC, at the address of one listener of the policy.
struct AuthorizationServer: Sendable {
    private let server: GRPCServer<HTTP2ServerTransport.Posix>
    private let serving: Task<Void, any Error>
    /// `nil` for a Unix socket.
    let address: NIOCore.SocketAddress?

    /// - Throws: `StartFailure` that names the address where it cannot be opened.
    static func start(at listener: ListenerSettings, _ decider: RequestDecider) async throws -> AuthorizationServer {
        let transport = HTTP2ServerTransport.Posix(
            address: try address(of: listener),
            transportSecurity: try security(of: listener),
            config: .defaults { config in
                config.http2.maxConcurrentStreams = max(listener.limits.streams, 1_000)
            }
        )
        let server = GRPCServer(transport: transport, services: [EnvoyAuthorization(decider), ServingHealth()])
        let serving = Task { try await server.serve() }
        do {
            let opened = try await server.listeningAddress
            let address = try opened?.ipv4.map { try NIOCore.SocketAddress(ipAddress: $0.host, port: $0.port) }
            return AuthorizationServer(
                server: server,
                serving: serving,
                address: try address
                    ?? opened?.ipv6.map { try NIOCore.SocketAddress(ipAddress: $0.host, port: $0.port) }
            )
        } catch {
            serving.cancel()
            // What the server says of itself is only that it has stopped.
            var cause = error
            if case .failure(let failure) = await serving.result {
                cause = (failure as? RuntimeError)?.cause ?? failure
            }
            throw StartFailure("cannot listen on \(listener.address): \(cause)")
        }
    }

    /// Lets calls end that are open.
    func stop() async {
        server.beginGracefulShutdown()
        _ = await serving.result
    }

    private static func address(of listener: ListenerSettings) throws -> GRPCNIOTransportHTTP2Posix.SocketAddress {
        if let path = listener.socketPath {
            try? FileManager.default.removeItem(atPath: path)
            return .unixDomainSocket(path: path)
        }
        let host = listener.host == "localhost" ? "127.0.0.1" : listener.host
        guard let address = IPAddress(host) else {
            throw StartFailure("'listen' should be an address such as 127.0.0.1:9191 here, not '\(listener.address)'")
        }
        return address.isV4 ? .ipv4(host: host, port: listener.port) : .ipv6(host: host, port: listener.port)
    }

    private static func security(
        of listener: ListenerSettings
    ) throws -> HTTP2ServerTransport.Posix.TransportSecurity {
        guard let tls = listener.tls else { return .plaintext }
        guard case .files(let files, let others) = tls.identities, others.isEmpty else {
            throw StartFailure("'tls' of \(listener.address) should name one certificate and its key here")
        }
        return .tls(
            certificateChain: [.file(path: files.certificate, format: .pem)],
            privateKey: .file(path: files.key, format: .pem)
        )
    }
}
