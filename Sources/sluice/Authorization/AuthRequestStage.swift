package import GatewayKit
package import GatewayServer
internal import HTTPTypes
internal import NIOCore

/// Answers proxies that ask over HTTP whether a request may pass.
///
/// - `/auth-request`, for nginx: 204, or 401 or 403, the only refusals that it takes, with the id of the true answer in
///   `Sluice-Decision`.
/// - `/refusal`, for nginx: that answer, for the id in `Sluice-Decision`.
/// - `/forward-auth`, for proxies that pass the answer on: 204, or the answer itself, which is never a 2xx.
package struct AuthRequestStage: Stage {
    private let decider: RequestDecider
    private let trusted: [Network]
    private let refusals: KeptRefusals
    private static let status = FieldName("sluice-status")

    /// - Parameter trusted: who may ask, beside this machine.
    package init(_ decider: RequestDecider, trusted: [Network], time: TimeSource) {
        self.decider = decider
        self.trusted = trusted
        refusals = KeptRefusals(time: time)
    }

    package func admit(_ exchange: Exchange) -> Eventually<Decision> {
        // Whoever asks says what the client's address is.
        if let peer = exchange.client.address, !peer.isLoopback, !trusted.contains(where: { $0.contains(peer) }) {
            return .now(.reply(Self.refusal("only this machine and what --trust names may ask here")))
        }
        switch exchange.request.path {
        case "/auth-request": return decide(about: .nginx, in: exchange) { self.narrowed($0) }
        case "/forward-auth": return decide(about: .forwarded, in: exchange, Self.passedOn)
        case "/refusal": return .now(.reply(refusal(in: exchange)))
        default:
            return .now(.reply(Self.refusal("there are /auth-request, /refusal and /forward-auth here", .notFound)))
        }
    }

    /// Of the proxy's own question, which carries the fields of its client: a refusal in the form of a client of gRPC would
    /// be a 200, and let the request through.
    private static func refusal(_ detail: String, _ status: HTTPResponse.Status = .forbidden) -> Reply {
        .text(detail + "\n", status)
    }

    private func decide(
        about form: ProxiedRequest,
        in exchange: Exchange,
        _ reply: @escaping (TrialOutcome) -> Reply
    ) -> Eventually<Decision> {
        guard let request = form.request(exchange.request) else {
            let detail = "the proxy does not tell what was asked for, and by whom, or the path makes detours"
            return .now(.reply(Self.refusal(detail)))
        }
        let decision = decider.begin(request, on: exchange.eventLoop)
        // A proxy that no longer waits serves nobody.
        exchange.whenAbandoned = { decision.withdraw() }
        return Eventually.later(decision.outcome.hop(to: exchange.eventLoop))
            .map { .reply($0.isServed ? Self.allowed($0) : reply($0)) }
    }

    /// What is changed about the request and what is added to the response, for the proxy to take over by name.
    private static func allowed(_ outcome: TrialOutcome) -> Reply {
        var reply = Reply(.noContent)
        if let request = outcome.request {
            for (name, value) in ForwardedChanges(outcome.edits, of: request.fields).set {
                reply.fields.set(name, value)
            }
        }
        for (name, value) in outcome.head?.fields.told ?? [] {
            if let name = FieldName(name) { reply.fields.add(name, value) }
        }
        return reply
    }

    private static func whole(_ outcome: TrialOutcome) -> Reply {
        guard let head = outcome.head else { return Reply(.serviceUnavailable, detail: "no decision was made") }
        var reply = Reply(head.status, body: outcome.body.readableBytes > 0 ? .bytes(outcome.body) : .none)
        for (name, value) in head.fields.told {
            if let name = FieldName(name) { reply.fields.add(name, value) }
        }
        return reply
    }

    /// A proxy takes any 2xx for a yes, also one that the gateway answers with itself: to a session that is closed, say.
    /// Such an answer becomes a 403, with its own status beside it.
    private static func passedOn(_ outcome: TrialOutcome) -> Reply {
        var reply = whole(outcome)
        guard (200...299).contains(reply.status.code) else { return reply }
        if let name = status { reply.fields.set(name, "\(reply.status.code)") }
        reply.status = .forbidden
        return reply
    }

    /// In the two statuses that nginx takes from whom it asks (ngx_http_auth_request_module).
    private func narrowed(_ outcome: TrialOutcome) -> Reply {
        let whole = Self.whole(outcome)
        refusals.keep(whole, as: "\(outcome.id)")
        var reply = Reply([401, 402].contains(whole.status.code) ? .unauthorized : .forbidden)
        reply.fields.set(.decision, "\(outcome.id)")
        if let name = Self.status { reply.fields.set(name, "\(whole.status.code)") }
        return reply
    }

    private func refusal(in exchange: Exchange) -> Reply {
        exchange.request.fields[.decision].flatMap { refusals.take($0) }
            ?? Reply(.forbidden, detail: "the request was refused; ask again for the reason")
    }
}
