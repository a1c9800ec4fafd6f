package import GRPCCore
internal import GRPCNIOTransportHTTP2Posix

extension RegistrableRPCService {
    /// Runs `body` while the service is served on loopback; it gets the address.
    package func serving<Result: Sendable>(
        _ body: @Sendable (String) async throws -> Result
    ) async throws -> Result {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: .plaintext
        )
        return try await withGRPCServer(transport: transport, services: [self]) { server in
            let address = try await server.listeningAddress
            return try await body("127.0.0.1:\(address?.ipv4?.port ?? 0)")
        }
    }
}
