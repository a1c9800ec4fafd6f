internal import GatewayKit
package import GatewayPolicy
package import GatewayServer
internal import HTTPTypes

/// Says why a request is answered as it is, by trying it.
package struct Explainer: Sendable {
    private let gateway: TrialGateway

    package init(_ gateway: TrialGateway) {
        self.gateway = gateway
    }

    package func explanation(of request: TrialRequest) async throws -> ExplanationDocument {
        document(of: try await gateway.outcome(of: request))
    }

    package func document(of outcome: TrialOutcome) -> ExplanationDocument {
        let status = outcome.head?.status
        var document = ExplanationDocument(
            id: outcome.id,
            route: outcome.route,
            steps: outcome.steps,
            status: status?.code
        )
        document.answer = status.map { answer($0, outcome) }
        guard let request = outcome.request else { return document }
        document.method = request.method.rawValue
        document.path = ConcealedText.of(request.path)
        if let planned = gateway.planned(outcome.route) {
            document.place = planned.place.description
            document.matched = planned.match.description
            document.passedOver = gateway.plan.candidates(for: request).compactMap { other in
                guard other.route.name != planned.route.name else { return nil }
                let reason = planned.match.reason(over: other.match)
                return "'\(other.route.name)' (\(other.match), \(other.place)): \(reason)"
            }
        }
        if let forwarded = outcome.forwarded {
            let path = ConcealedText.of(forwarded.request.path)
            document.forwarded = "\(forwarded.request.method.rawValue) \(path) to '\(forwarded.upstream)'"
        }
        return document
    }

    private func answer(_ status: HTTPResponse.Status, _ outcome: TrialOutcome) -> String {
        let message = outcome.head?.fields[.grpcMessage].map { ", grpc-message \($0)" } ?? ""
        let code = outcome.head?.fields[.grpcStatus].map { ", grpc-status \($0)\(message)" } ?? ""
        return "\(status.code) \(status.reasonPhrase)\(code)"
    }
}
