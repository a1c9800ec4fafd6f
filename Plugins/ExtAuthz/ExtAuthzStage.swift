package import GatewayKit
internal import GatewayRPC
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// `ext-authz: { address: 127.0.0.1:9191 }`: asks a service that speaks Envoy's external authorisation
/// (`envoy.service.auth.v3.Authorization`) whether a request may pass, and what is to be changed about it.
package struct ExtAuthzStage: StagePlugin {
    package static let word = "ext-authz"

    /// Tells apart what several of them on one route are to change about its response.
    private final class Identity: Sendable {}

    /// What is to be added to the response.
    private struct ResponseChanges {
        var byStage: [ObjectIdentifier: [HeaderChange]] = [:]
    }

    private let client: ServiceClient
    private let failureRule: FailureRule
    private let question: CheckQuestion
    private let identity = Identity()

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let service = ServiceSettings(from: &settings, timeout: .milliseconds(200))
        failureRule = FailureRule(from: &settings)
        question = CheckQuestion(from: &settings, services)
        client = try ServiceClients.client(service, services)
    }

    package var summary: String {
        var parts = ["ask \(client.settings.name)"]
        if let limit = question.bodyLimit { parts.append("with the body up to \(limit)") }
        if failureRule == .allow { parts.append("allowed on failure") }
        return parts.joined(separator: ", ")
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        guard let limit = question.bodyLimit else { return try ask(with: nil, in: exchange) }
        // What is forwarded in place of the body: without the credential that a call of JSON-RPC carries in it.
        if let body = exchange.edits.body {
            guard body.readableBytes <= limit.bytes else { throw BodyTooLarge(limit: limit) }
            return try ask(with: body, in: exchange)
        }
        return try exchange.body(upTo: limit).flatMap { try ask(with: $0, in: exchange) }
    }

    private func ask(with body: ByteBuffer?, in exchange: Exchange) throws -> Eventually<Decision> {
        let request = question.message(with: body, in: exchange)
        return exchange.later { [client] in
            await client.result { connection, options in
                try await Envoy_Service_Auth_V3_Authorization.Client(wrapping: connection)
                    .check(request, options: options)
            }
        }.map { result in
            switch result {
            case .success(let response): decide(CheckAnswer(response), in: exchange)
            case .failure(let failure): decide(failure, in: exchange)
            }
        }
    }

    private func decide(_ answer: CheckAnswer, in exchange: Exchange) -> Decision {
        switch answer {
        case .denied(let reply):
            exchange.looked(at: "answer", "denied with \(reply.status.code)")
            return .reply(reply)
        case .allowed(let changes):
            exchange.looked(at: "answer", "allowed\(changes.names.isEmpty ? "" : "; changes \(changes.names)")")
            // A copy: changing it in place, across modules, costs an allocation.
            var edits = exchange.edits
            changes.apply(to: &edits, of: exchange.request)
            exchange.edits = edits
            if !changes.response.isEmpty {
                var all = exchange[ResponseChanges.self] ?? ResponseChanges()
                all.byStage[ObjectIdentifier(identity)] = changes.response
                exchange[ResponseChanges.self] = all
            }
            return .next
        }
    }

    private func decide(_ failure: ServiceFailure, in exchange: Exchange) -> Decision {
        if failure.reason == .offline {
            exchange.looked(at: "answer", "\(failure): taken for yes")
            return .next
        }
        exchange.logger.warning("the authorisation service did not decide", metadata: ["reason": "\(failure)"])
        if failureRule.allows(after: failure) {
            exchange.looked(at: "answer", "\(failure): allowed by 'on-failure'")
            return .next
        }
        exchange.looked(at: "answer", "\(failure)")
        var reply = Reply(.serviceUnavailable, detail: "whether this request is allowed cannot be found out now")
        reply.fields.set(.retryAfter, "1")
        return .reply(reply)
    }

    package func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        for change in exchange[ResponseChanges.self]?.byStage[ObjectIdentifier(identity)] ?? [] {
            change.apply(to: &response.fields)
        }
    }
}
