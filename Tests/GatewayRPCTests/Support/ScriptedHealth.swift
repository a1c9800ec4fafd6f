import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GatewayRPC
import NIOConcurrencyHelpers
import SwiftProtobuf

/// A server of grpc.health.v1 that answers what a test tells it, and counts what it was asked.
final class ScriptedHealth: Grpc_Health_V1_Health.SimpleServiceProtocol {
    enum Answer: Sendable {
        case status(Grpc_Health_V1_HealthCheckResponse.ServingStatus)
        case refusal(RPCError.Code)
        /// Until whoever asked leaves.
        case silence
    }

    private struct State {
        var answers: [Answer] = []
        var count = 0
    }

    private let usual: Answer
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - answers: the first ones, in their order.
    ///   - usual: every further one.
    init(_ answers: [Answer] = [], then usual: Answer = .status(.serving)) {
        self.usual = usual
        state.withLockedValue { $0.answers = answers.reversed() }
    }

    var count: Int { state.withLockedValue { $0.count } }

    func check(
        request: Grpc_Health_V1_HealthCheckRequest,
        context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        let answer = state.withLockedValue { state in
            state.count += 1
            return state.answers.popLast() ?? usual
        }
        switch answer {
        case .status(let status): return .with { $0.status = status }
        case .refusal(let code): throw RPCError(code: code, message: "told to\nsay so")
        case .silence:
            try await context.cancellation.cancelled
            throw RPCError(code: .cancelled, message: "")
        }
    }

    func watch(
        request: Grpc_Health_V1_HealthCheckRequest,
        response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>,
        context: ServerContext
    ) async throws {}

    /// Runs `body` while this server listens; it gets the server's address.
    func serving<Result: Sendable>(
        security: HTTP2ServerTransport.Posix.TransportSecurity = .plaintext,
        _ body: @Sendable (String) async throws -> Result
    ) async throws -> Result {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: 0),
            transportSecurity: security
        )
        return try await withGRPCServer(transport: transport, services: [self]) { server in
            let address = try await server.listeningAddress
            return try await body("127.0.0.1:\(address?.ipv4?.port ?? 0)")
        }
    }
}
