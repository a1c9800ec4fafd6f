import GRPCCore
import GatewayRPC

/// Answers nothing until whoever asked is gone.
struct HangingHealth: Grpc_Health_V1_Health.SimpleServiceProtocol {
    /// A call each, when it has come.
    let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() {
        (arrivals, arrived) = AsyncStream.makeStream()
    }

    func check(
        request: Grpc_Health_V1_HealthCheckRequest,
        context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        arrived.yield()
        try await context.cancellation.cancelled
        throw RPCError(code: .cancelled, message: "")
    }

    func watch(
        request: Grpc_Health_V1_HealthCheckRequest,
        response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>,
        context: ServerContext
    ) async throws {}
}
