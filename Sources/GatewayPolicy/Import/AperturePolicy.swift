internal import GatewayKit

/// Writes services as the upstreams and routes of a policy.
struct AperturePolicy {
    /// Where Aperture limits nothing, anybody could have invoices made without end.
    private static let usualLimit = "{ limit: 20/s, burst: 40 }"

    private let services: [ApertureService]
    private let authenticator: ApertureAuthenticator
    private let verifiesStrictly: Bool
    private let routes: [ApertureRoutes.Listed]
    private var names: Set<String> = []

    init(
        _ services: [ApertureService],
        authenticator: ApertureAuthenticator,
        verifiesStrictly: Bool,
        warnings: PolicyMistakes
    ) {
        self.services = services
        self.authenticator = authenticator
        self.verifiesStrictly = verifiesStrictly
        routes = ApertureRoutes(services, warnings: warnings).list()
        for service in services where sellsWithoutLimit(service) {
            warnings.note(
                PolicyMistake(
                    service.place,
                    "the service '\(service.name)' has no 'ratelimits', so that anybody may have invoices made without end: it"
                        + " gets 20/s here"
                )
            )
        }
        for service in services where service.priceServer != nil && service.schemes.contains("mpp") {
            guard authenticator.offersSessions, authenticator.depositUnits != 20 else { continue }
            warnings.note(
                PolicyMistake(
                    service.place,
                    "the service '\(service.name)' asks a price server, so that a session is opened with twenty times the price,"
                        + " and not with 'sessiondepositmultiplier' times"
                )
            )
        }
        for service in services where !service.limits.isEmpty {
            let index = services.firstIndex { $0.place == service.place }
            let count = routes.count { $0.route.service == index }
            guard count > 1 else { continue }
            warnings.note(
                PolicyMistake(
                    service.limits[0].place,
                    "the service '\(service.name)' becomes \(count) routes, and each counts its rate limits by itself"
                )
            )
        }
    }

    private func sellsWithoutLimit(_ service: ApertureService) -> Bool {
        !service.isFree && service.limits.isEmpty && service.refusal == nil && service.hosts != nil
    }

    var sellsSomething: Bool {
        routes.contains { !$0.route.isFree && services[$0.route.service].refusal == nil }
    }

    func upstreams() -> [String] {
        let used = Set(routes.map(\.route.service)).filter { needsUpstream($0) }.sorted()
        guard !used.isEmpty else { return [] }
        return ["upstreams:"]
            + used.map { index in
                let service = services[index]
                let roots = service.certificate.map { ", tls: { roots: \(PolicyText.quoted($0)) }" } ?? ""
                return "  \(PolicyText.quoted(service.name)): { url: \(PolicyText.quoted(service.url ?? ""))\(roots) }"
            } + [""]
    }

    private func needsUpstream(_ index: Int) -> Bool {
        services[index].url != nil
            && routes.contains { $0.route.service == index && (services[index].refusal == nil || $0.route.isFree) }
    }

    mutating func lines() -> [String] {
        guard !routes.isEmpty else { return ["routes: []"] }
        var lines = ["routes:"]
        for listed in routes {
            lines += self.lines(of: listed) + [""]
        }
        return lines.dropLast()
    }

    private mutating func lines(of listed: ApertureRoutes.Listed) -> [String] {
        let route = listed.route
        let service = services[route.service]
        let name = uniqueName(service.name + (route.isFree && !service.isFree ? "-free" : ""))
        var lines = ["  - name: \(PolicyText.quoted(name))"]
        if name != service.name {
            lines.append("    service: \(PolicyText.quoted(service.name))")
        }
        lines.append("    match: \(match(of: listed))")
        lines.append("    pipeline:")
        lines += steps(of: route, service).map { "      - \($0)" }
        if service.refusal != nil, service.url != nil, !route.isFree {
            // What it would be, with a price.
            lines += selling(route, service, price: "N sat").map { "      # - \($0)" }
        }
        return lines
    }

    private mutating func uniqueName(_ wanted: String) -> String {
        var name = wanted
        var number = 2
        while !names.insert(name).inserted {
            name = "\(wanted)-\(number)"
            number += 1
        }
        return name
    }

    private func match(of listed: ApertureRoutes.Listed) -> String {
        let route = listed.route
        var parts = route.host.isEmpty ? [] : ["host: \(PolicyText.quoted(route.host))"]
        switch route.form {
        case _ where listed.isExpression: parts.append("regex: \(PolicyText.quoted(route.expression))")
        case .exact(let path): parts.append("path: \(PolicyText.quoted(path))")
        case .below(let path): parts.append("path: \(PolicyText.quoted("\(path)/*"))")
        case .everything, .regex: break
        }
        return parts.isEmpty ? "{}" : "{ \(parts.joined(separator: ", ")) }"
    }

    // MARK: Steps

    private func steps(of route: ApertureRoute, _ service: ApertureService) -> [String] {
        // Aperture lets pages of every origin in.
        let steps = ["cors: \"*\""]
        if let refusal = service.refusal, !route.isFree || service.url == nil {
            let body = "this service is not sold yet: \(refusal)\\n"
            return steps + ["respond: { status: 503, body: \"\(body)\" }"]
        }
        return steps + selling(route, service, price: price(of: route, service))
    }

    private func selling(_ route: ApertureRoute, _ service: ApertureService, price: String) -> [String] {
        var steps = [String]()
        if !route.isFree {
            steps += ["auth: \(auth(of: service))", "caveats: \(caveats(of: service))"]
        }
        let limits = route.limits.map { "{ limit: \($0.rate), burst: \($0.burst) }" }
        if limits.count == 1 {
            steps.append("rate-limit: \(limits[0])")
        } else if !limits.isEmpty {
            steps.append("rate-limit: [\(limits.joined(separator: ", "))]")
        } else if !route.isFree {
            steps.append("rate-limit: \(Self.usualLimit)")
        }
        if !route.isFree {
            steps.append("price: \(price)")
        }
        if !service.headers.isEmpty {
            let fields = service.headers.map { "\(PolicyText.quoted($0.name)): \($0.value)" }.joined(separator: ", ")
            steps.append("headers: { request: { set: { \(fields) } } }")
        }
        return steps + ["forward: \(forward(to: service))"]
    }

    private func auth(of service: ApertureService) -> String {
        var schemes = service.schemes.map { scheme in
            let settings = scheme == "mpp" ? mpp(of: service) : l402(of: service)
            return settings.isEmpty ? scheme : "{ use: \(scheme), \(settings.joined(separator: ", ")) }"
        }
        if case .paid(let count) = service.access, count > 0 {
            // The blocks that Aperture counts by.
            schemes.append("{ use: free-quota, limit: \(count)/366d, ipv4: /24, ipv6: /48 }")
        }
        return schemes.count == 1 ? schemes[0] : "[\(schemes.joined(separator: ", "))]"
    }

    private func l402(of service: ApertureService) -> [String] {
        var settings = [String]()
        if let lifetime = service.lifetime { settings.append("valid-for: \(lifetime.formattedForPolicy)") }
        if !service.capabilities.isEmpty {
            settings.append("capabilities: [\(service.capabilities.map(PolicyText.quoted).joined(separator: ", "))]")
        }
        return settings + (verifiesStrictly ? ["verify: node"] : [])
    }

    private func mpp(of service: ApertureService) -> [String] {
        var settings = [String]()
        if let realm = authenticator.realm { settings.append("realm: \(PolicyText.quoted(realm))") }
        if authenticator.offersSessions {
            settings.append("intents: [charge, session]")
            if authenticator.depositUnits != 20, service.priceServer == nil,
                let deposit = Amount.satoshis(
                    service.price.satoshisRoundedUp.multipliedReportingOverflow(by: authenticator.depositUnits)
                        .partialValue
                )
            {
                settings.append("deposit: \(deposit)")
            }
            if let idle = authenticator.idleTimeout { settings.append("session-idle: \(idle.formattedForPolicy)") }
        }
        return settings + (verifiesStrictly ? ["verify: node"] : [])
    }

    private func caveats(of service: ApertureService) -> String {
        service.capabilities.isEmpty ? "[service, expires]" : "[service, expires, capabilities]"
    }

    private func price(of route: ApertureRoute, _ service: ApertureService) -> String {
        var settings = ["use: static, amount: \(service.price)"]
        if let server = service.priceServer {
            settings = ["use: grpc, address: \(PolicyText.quoted(server.address))"]
            if let tls = server.tls { settings.append("tls: \(tls)") }
            settings += server.metering
        }
        if route.isUnsold {
            settings.append("skip-invoice: true")
        } else if !route.unsoldPaths.isEmpty {
            settings.append("skip-invoice: [\(route.unsoldPaths.map(PolicyText.quoted).joined(separator: ", "))]")
        }
        let isShort = settings.count == 1 && service.priceServer == nil
        return isShort ? "\(service.price)" : "{ \(settings.joined(separator: ", ")) }"
    }

    private func forward(to service: ApertureService) -> String {
        var settings = ["to: \(PolicyText.quoted(service.name))"]
        if let prefix = service.prefix, !prefix.isEmpty {
            settings.append("rewrite: { from: /, to: \(PolicyText.quoted(prefix)) }")
        }
        if let host = service.host { settings.append("host: \(PolicyText.quoted(host))") }
        return settings.count == 1 ? PolicyText.quoted(service.name) : "{ \(settings.joined(separator: ", ")) }"
    }
}
