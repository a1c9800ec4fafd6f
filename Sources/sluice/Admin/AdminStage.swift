package import GatewayKit
internal import GatewayPolicy
internal import HTTPTypes

/// What the gateway tells its operator and the machines around it: that it lives, whether it is ready, what it serves, why
/// it refused a request, what became of its invoices, what its price servers answer, and what its stages in shadow would do;
/// and where it is told to take up changed policies.
package struct AdminStage: Stage {
    private static let paths =
        "/healthz, /readyz, /status, /metrics, /reload, /invoices, /prices, /shadow and /explain/<decision id>"
    private static let explanations = "/explain/"

    /// Every browser sends one of them with a request that is not a navigation.
    private static let browserFields = ["origin", "sec-fetch-site"].compactMap { FieldName($0) }

    private let readiness: Readiness
    private let reload: GatewayReload?
    private let decisions: RecentDecisions?

    /// - Parameters:
    ///   - reload: `nil`: there is nothing to reload.
    ///   - decisions: what is looked up by decision id; `nil`: nothing.
    package init(_ readiness: Readiness, _ reload: GatewayReload? = nil, _ decisions: RecentDecisions? = nil) {
        self.readiness = readiness
        self.reload = reload
        self.decisions = decisions
    }

    package func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let path = exchange.request.path
        return switch path {
        case "/healthz": read(exchange) { .now(.text("ok\n")) }
        case "/readyz": read(exchange) { .now(readiness.reply) }
        case "/status": read(exchange) { status(exchange) }
        case "/reload": order(exchange) { reloading(exchange) }
        case "/metrics": read(exchange) { metrics(exchange) }
        case "/invoices": read(exchange) { invoices(exchange) }
        case "/prices": read(exchange) { prices(exchange) }
        case "/shadow": read(exchange) { shadows(exchange) }
        case _ where path.hasPrefix(Self.explanations):
            read(exchange) { .now(explanation(of: String(path.dropFirst(Self.explanations.count)))) }
        default: .now(.reply(Reply(.notFound, detail: "there are \(Self.paths) here")))
        }
    }

    private func read(_ exchange: Exchange, _ reply: () -> Eventually<Reply>) -> Eventually<Decision> {
        switch exchange.request.method {
        case .get, .head: reply().map { .reply($0) }
        default: .now(.reply(Self.refusal("only GET and HEAD are answered here", allow: "GET, HEAD")))
        }
    }

    /// What changes something: by POST, and not for the pages that a browser on this machine shows, which reach this
    /// listener as well.
    private func order(_ exchange: Exchange, _ reply: () -> Eventually<Reply>) -> Eventually<Decision> {
        guard exchange.request.method == .post else {
            return .now(.reply(Self.refusal("only POST is answered here", allow: "POST")))
        }
        let fields = exchange.request.fields
        guard Self.browserFields.allSatisfy({ fields[$0] == nil }) else {
            return .now(.reply(Reply(.forbidden, detail: "this is not for browsers")))
        }
        return reply().map { .reply($0) }
    }

    private func status(_ exchange: Exchange) -> Eventually<Reply> {
        guard let reload else { return .now(Self.nothing) }
        return exchange.later { .json(JSONOutput.text(await reload.status) + "\n") }
    }

    private func reloading(_ exchange: Exchange) -> Eventually<Reply> {
        guard let reload else { return .now(Self.nothing) }
        let allowsLosses: Bool
        switch exchange.request.query {
        case nil: allowsLosses = false
        case "allow=losses": allowsLosses = true
        default: return .now(Reply(.badRequest, detail: "the only query that means something here is 'allow=losses'"))
        }
        return exchange.later {
            let report = await reload.reload(because: "admin", allowingLosses: allowsLosses)
            return .json(JSONOutput.text(report) + "\n", report.result.status)
        }
    }

    private func explanation(of text: String) -> Reply {
        guard let id = ExchangeID(parsing: text) else {
            return Reply(.badRequest, detail: "a decision id is 16 hexadecimal digits")
        }
        guard let decision = decisions?.decision(id) else {
            return Reply(.notFound, detail: "nothing is known of this request any more: the last refusals are kept")
        }
        return .json(ExplanationDocument(decision).json() + "\n")
    }

    private func invoices(_ exchange: Exchange) -> Eventually<Reply> {
        guard let reload else { return .now(Self.nothing) }
        return exchange.later { .json(InvoiceReport(await reload.policy).json() + "\n") }
    }

    private func metrics(_ exchange: Exchange) -> Eventually<Reply> {
        guard let reload else { return .now(Self.nothing) }
        return exchange.later {
            .text(InvoiceReport(await reload.policy).metrics(), type: PrometheusText.contentType)
        }
    }

    /// Of the plan that is served now.
    private func prices(_ exchange: Exchange) -> Eventually<Reply> {
        guard let reload else { return .now(Self.nothing) }
        return exchange.later { .json(PriceReport(await reload.policy.plan).json() + "\n") }
    }

    /// Of the plan that is served now.
    private func shadows(_ exchange: Exchange) -> Eventually<Reply> {
        guard let reload else { return .now(Self.nothing) }
        return exchange.later { .json(ShadowReport(await reload.policy.plan).json() + "\n") }
    }

    private static var nothing: Reply { Reply(.notFound, detail: "there is no policy here") }

    private static func refusal(_ detail: String, allow: String) -> Reply {
        var refusal = Reply(.methodNotAllowed, detail: detail)
        refusal.fields.set(.allow, allow)
        return refusal
    }
}

extension ReloadReport.Result {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .applied, .unchanged: .ok
        case .refused: .conflict
        case .failed: .unprocessableContent
        }
    }
}
