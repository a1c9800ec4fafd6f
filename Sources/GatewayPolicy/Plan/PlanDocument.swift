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
        /// `nil`: it has effect.
        let shadow: Bool?
        /// `nil` unless all of it is asked for.
        let values: [Value]?
    }

    struct Value: Encodable {
        let key: String
        let value: String
        let place: String
        let origin: String?
        let overrode: [Overridden]
    }

    struct Overridden: Encodable {
        let value: String
        let place: String
        let origin: String?
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
        /// What the head is to fulfil besides; `nil`: nothing.
        let when: String?
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
        let values: [Value]?
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
    /// Of what stands beside the routes, by its key.
    let values: [String: [Value]]?

    init(_ plan: Plan, routes: [PlannedRoute], isFull: Bool) {
        files = plan.files
        listen = plan.listeners.map(\.address)
        admin = plan.admin?.address
        self.routes = routes.map { Route($0, secrets: isFull ? plan.secrets : nil) }
        values =
            isFull
            ? Dictionary(plan.settings.map { ($0.key, Value.all(of: $0.value, hiding: plan.secrets)) }) { $0 + $1 }
            : nil
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
    /// - Parameter secrets: what is hidden of its values; `nil`: without values.
    init(_ planned: PlannedRoute, secrets: Set<String>?) {
        name = planned.route.name
        service = planned.route.service
        place = planned.place.description
        match = PlanDocument.Match(planned.match)
        maxBody = planned.route.bodyLimit?.description
        let price: String? =
            switch planned.price {
            case .fixed(let amount): amount.description
            case .fiat(let amount): amount.description
            case .bundle(let amount): "bundles of \(amount)"
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
                pipeline: $0.pipeline,
                shadow: $0.isShadow ? true : nil,
                values: PlanDocument.Value.all(of: $0.settings, hiding: secrets)
            )
        }
        values = PlanDocument.Value.all(of: planned.settings, hiding: secrets)
    }
}

extension PlanDocument.Value {
    static func all(of node: PolicyNode, hiding secrets: Set<String>?) -> [Self]? {
        secrets.map { all(of: node, hiding: $0) }
    }

    static func all(of node: PolicyNode, hiding secrets: Set<String>) -> [Self] {
        PlanValue.all(of: node, named: "", hiding: secrets).map { value in
            Self(
                key: value.key,
                value: value.text,
                place: value.place.description,
                origin: value.origin,
                overrode: value.overrode.map {
                    PlanDocument.Overridden(value: $0.text, place: $0.place.description, origin: $0.origin)
                }
            )
        }
    }
}

extension PlanDocument.Match {
    init(_ match: RouteMatch) {
        host = match.host == .any ? nil : match.host.description
        methods = match.methods.map(\.rawValue)
        when = match.when?.text
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
