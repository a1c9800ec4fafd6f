import GatewayKit
import GatewayRPC
import GatewayTesting
import Logging

extension ServiceClient {
    /// Runs `body` with a client of these addresses.
    static func with<Result: Sendable>(
        _ addresses: [String],
        timeout: Duration = .seconds(20),
        time: ManualTime = ManualTime(),
        tls: ServiceTLS? = nil,
        change: (inout ServiceSettings) -> Void = { _ in },
        _ body: @Sendable (ServiceClient) async throws -> Result
    ) async throws -> Result {
        var settings = ServiceSettings(addresses.compactMap { ServiceAddress(parsing: $0) }, tls: tls, timeout: timeout)
        change(&settings)
        let client = try ServiceClient(
            settings,
            time: time.source,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            let result = try await body(client)
            await client.stop()
            return result
        } catch {
            await client.stop()
            throw error
        }
    }

    /// What it says of its health.
    func check(
        isRepeatable: Bool = true,
        timeout: Duration? = nil
    ) async -> Result<Grpc_Health_V1_HealthCheckResponse.ServingStatus, ServiceFailure> {
        await result(isRepeatable: isRepeatable, timeout: timeout) { connection, options in
            try await Grpc_Health_V1_Health.Client(wrapping: connection).check(.init(), options: options).status
        }
    }
}

extension Result<Grpc_Health_V1_HealthCheckResponse.ServingStatus, ServiceFailure> {
    var reason: ServiceFailure.Reason? {
        if case .failure(let failure) = self { failure.reason } else { nil }
    }

    var status: Grpc_Health_V1_HealthCheckResponse.ServingStatus? { try? get() }
}
