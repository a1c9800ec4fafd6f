import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayRPC

/// Answers what is asked of grpc.health.v1 with bytes that are no message.
struct GarbledHealth: RegistrableRPCService {
    private struct Raw: MessageSerializer, MessageDeserializer {
        func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) -> Bytes { Bytes(message) }

        func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) -> [UInt8] { bytes.withUnsafeBytes { Array($0) } }
    }

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: Grpc_Health_V1_Health.Method.Check.descriptor,
            deserializer: Raw(),
            serializer: Raw()
        ) { request, _ in
            StreamingServerResponse(single: ServerResponse(message: [0xFF, 0xFF, 0xFF]))
        }
    }

    func serving<Result: Sendable>(_ body: @Sendable (String) async throws -> Result) async throws -> Result {
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
