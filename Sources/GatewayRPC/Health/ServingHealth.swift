package import GRPCCore
internal import SwiftProtobuf

/// Says that it serves, for as long as there is anybody to say it.
package struct ServingHealth: Grpc_Health_V1_Health.SimpleServiceProtocol {
    private static var serving: Grpc_Health_V1_HealthCheckResponse { .with { $0.status = .serving } }

    package init() {}

    package func check(
        request: Grpc_Health_V1_HealthCheckRequest,
        context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        Self.serving
    }

    package func watch(
        request: Grpc_Health_V1_HealthCheckRequest,
        response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>,
        context: ServerContext
    ) async throws {
        try await response.write(Self.serving)
        try await context.cancellation.cancelled
    }
}
