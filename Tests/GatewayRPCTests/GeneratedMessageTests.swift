import GRPCCore
import GatewayRPC
import SwiftProtobuf
import Testing

struct GeneratedMessageTests {
    @Test func `an answer of grpc.health.v1 is read`() throws {
        let response = try Grpc_Health_V1_HealthCheckResponse(serializedBytes: [0x08, 0x01])
        #expect(response.status == .serving)
    }

    @Test func `the service has the name that servers know`() {
        #expect(Grpc_Health_V1_Health.descriptor.fullyQualifiedService == "grpc.health.v1.Health")
    }
}
