package import ExtAuthz
package import GRPCCore
internal import GatewayKit
package import GatewayServer
internal import NIOCore

/// Answers proxies that speak Envoy's external authorisation by the routes of a policy.
package struct EnvoyAuthorization: Envoy_Service_Auth_V3_Authorization.SimpleServiceProtocol {
    private let decider: RequestDecider

    package init(_ decider: RequestDecider) {
        self.decider = decider
    }

    package func check(
        request: Envoy_Service_Auth_V3_CheckRequest,
        context: ServerContext
    ) async throws -> Envoy_Service_Auth_V3_CheckResponse {
        guard let request = TrialRequest(request) else { return .unreadable }
        let decision = decider.begin(request)
        // A proxy that no longer waits serves nobody.
        let outcome = try await withRPCCancellationHandler {
            try await decision.outcome.get()
        } onCancelRPC: {
            decision.withdraw()
        }
        return Envoy_Service_Auth_V3_CheckResponse(outcome)
    }
}
