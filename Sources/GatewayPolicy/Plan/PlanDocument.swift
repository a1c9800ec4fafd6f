internal import GatewayKit
internal import HTTPTypes

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A plan as programs read it.
struct PlanDocument: Encodable {
    struct Stage: Encodable {
        let word: String
        let summary: String
        let place: String
        let pipeline: String?
    }

    /// One way to be let through.
    struct Scheme: Encodable {
        let word: String
        /// `20 bits`; `nil`: nothing to say.
        let summary: String?
        /// Of what is paid for where the route has a price: `10 sat`, or `asked for`.
        let price: String?
        /// `nil` where nothing is sold.
        let tier: Int?
    }

    struct Match: Encodable {
        let host: String?
        let path: String?
        let regex: String?
        let methods: [String]
        /// What the body is to call; `nil`: it is not looked at.
        let call: Call?
    }

    struct Call: Encodable {
        /// `mcp` or `jsonrpc`.
        let kind: String
        let method: String
        /// Empty: whatever is named.
        let names: [String]
    }

    struct Route: Encodable {
        let name: String
        let service: String
        let place: String
        let match: Match
        /// `10 MiB`; `nil`: any.
        let maxBody: String?
        /// In the order of the policy; `nil`: none is asked for.
        let schemes: [Scheme]?
        let stages: [Stage]
    }

    struct Upstream: Encodable {
        let name: String
        /// In the order of the policy.
        let addresses: [String]
        /// `nil`: there is no name among them.
        let resolvedEvery: String?
    }

    let files: [String]
    let listen: [String]
    let admin: String?
    let routes: [Route]
    let upstreams: [Upstream]
    let warnings: [String]

    init(_ plan: Plan, routes: [PlannedRoute]) {
        files = plan.files
        listen = plan.listeners.map(\.address)
        admin = plan.admin?.address
        self.routes = routes.map(Route.init)
        upstreams = plan.upstreams.map {
            Upstream(
                name: $0.name,
                addresses: $0.endpoints.map(\.address),
                resolvedEvery: $0.resolveInterval?.formattedForPolicy
            )
        }
        warnings = plan.warnings.map(\.warningDescription)
    }

    func json() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Encoding texts does not fail.
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension PlanDocument.Route {
    init(_ planned: PlannedRoute) {
        name = planned.route.name
        service = planned.route.service
        place = planned.place.description
        match = PlanDocument.Match(planned.match)
        maxBody = planned.route.bodyLimit?.description
        let price: String? =
            switch planned.price {
            case .fixed(let amount): amount.description
            case .asked: "asked for"
            case nil: nil
            }
        let schemes = planned.schemes.map { scheme in
            PlanDocument.Scheme(
                word: scheme.word,
                summary: scheme.summary.isEmpty ? nil : scheme.summary,
                price: scheme.takesPayments ? price : nil,
                tier: scheme.takesPayments && price != nil ? scheme.tier : nil
            )
        }
        self.schemes = schemes.isEmpty ? nil : schemes
        stages = planned.stages.map {
            PlanDocument.Stage(
                word: $0.word,
                summary: $0.summary,
                place: $0.place.description,
                pipeline: $0.pipeline
            )
        }
    }
}

extension PlanDocument.Match {
    init(_ match: RouteMatch) {
        host = match.host == .any ? nil : match.host.description
        methods = match.methods.map(\.rawValue)
        call = match.call.map { call in
            PlanDocument.Call(kind: call.kind.rawValue, method: call.method, names: call.names.map(\.written))
        }
        switch match.path {
        case .any:
            path = nil
            regex = nil
        case .exact, .below:
            path = match.path.description
            regex = nil
        case .regex(let pattern):
            path = nil
            regex = pattern.text
        }
    }
}
