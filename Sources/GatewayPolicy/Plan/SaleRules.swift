internal import GatewayKit

/// The rules of what is sold: it opens every route of the service and tier that it is sold for, so that those cost the
/// same, sell the same, and verify what everything that is sold carries.
struct SaleRules {
    private let routes: [RouteDraft]
    private let run: LoadingRun

    init(_ routes: [RouteDraft], run: LoadingRun) {
        self.routes = routes
        self.run = run
    }

    /// A tier of a service: what opens one need not open another.
    private struct Ware: Hashable {
        let service: String
        let tier: Int

        init(of route: RouteDraft) {
            service = route.service
            tier = route.sales.map(\.sale.tier).max() ?? 0
        }
    }

    func check() {
        var first = [Ware: RouteDraft]()
        for route in routes where route.prices != nil {
            checkVerification(of: route.sales.map(\.sale), on: route)
            guard let other = first[Ware(of: route)] else {
                first[Ware(of: route)] = route
                continue
            }
            if isPriceEqual(route, other) {
                checkTerms(of: route, against: other)
            }
        }
        // A listener with defaults of its own has all routes once more.
        var seen = Set<String>()
        for route in routes where seen.insert(route.name).inserted {
            checkRequests(of: route)
        }
        // What sells itself sells what the first one does: only those that sell nothing are left.
        for route in routes where route.prices == nil {
            guard let seller = first[Ware(of: route)] else { continue }
            let accepted = route.sales.map(\.sale.scheme)
            checkVerification(of: seller.sales.map(\.sale).filter { accepted.contains($0.scheme) }, on: route)
        }
        let sellers = routes.filter { $0.prices != nil && first[Ware(of: $0)]?.place == $0.place }
        for sellers in Dictionary(grouping: sellers, by: \.service).values where sellers.count > 1 {
            for route in sellers {
                checkTiers(of: route, against: sellers.filter { $0.place != route.place })
            }
        }
    }

    // MARK: Between the requests of a route

    /// A token opens every request of its route, whatever that one would cost.
    private func checkRequests(of route: RouteDraft) {
        guard route.listedPrice?.isAsked == true, !route.isMetered, let price = route.prices?.place,
            let sold = route.sales.first(where: { $0.sale.intents.isEmpty && !isBound($0.sale, on: route) })
        else { return }
        run.note(
            .cheapRequest,
            price,
            of: route.name,
            message:
                "what '\(sold.sale.scheme)' sells for the cheapest request of the route '\(route.name)' opens the dearest, too:"
                + " sell it by 'mpp', give what costs differently a tier or a service of its own, or bind what is sold by a"
                + " constraint that 'caveats' verifies"
        )
    }

    /// True for what carries more than which service it is for, with which capabilities and until when (L402 protocol spec,
    /// "Target services").
    private func isBound(_ sale: Sale, on route: RouteDraft) -> Bool {
        sale.caveats.contains { $0.condition != "services" && !$0.condition.hasPrefix("\(route.service)_") }
    }

    // MARK: Between the routes of a service

    /// A route that opens for other tiers too must not cost more than those.
    private func checkTiers(of route: RouteDraft, against others: [RouteDraft]) {
        guard let price = route.fixedPrice, let prices = route.prices else { return }
        for other in others {
            guard let otherPrice = other.fixedPrice, otherPrice.isLess(than: price), opens(route, for: other) else {
                continue
            }
            run.note(
                .cheapTier,
                prices.place,
                of: route.name,
                other.name,
                message:
                    "the route '\(route.name)' costs \(price) and opens for what the route '\(other.name)' (\(other.place))"
                    + " sells for \(otherPrice): a higher tier that is accepted should not cost less"
            )
        }
    }

    /// True when no stage of a route refuses what another sells by a scheme that it takes.
    private func opens(_ route: RouteDraft, for other: RouteDraft) -> Bool {
        let schemes = route.sales.map(\.sale.scheme)
        return other.sales.contains { sale, _ in
            schemes.contains(sale.scheme) && !sale.caveats.isEmpty
                && sale.caveats.allSatisfy { sold in
                    route.stages.allSatisfy { stage in
                        switch stage.verdict(on: sold) {
                        case nil, .enforced, .ignored: true
                        case .unknown, .unfulfillable: false
                        }
                    }
                }
        }
    }

    private func isPriceEqual(_ route: RouteDraft, _ other: RouteDraft) -> Bool {
        guard let prices = route.prices, let others = other.prices, prices.terms != others.terms else {
            return true
        }
        run.note(
            .cheapToken,
            prices.place,
            of: route.name,
            other.name,
            message: "the service '\(route.service)' costs '\(others.terms.joined(separator: ", "))' on the route"
                + " '\(other.name)' (\(others.place)) and '\(prices.terms.joined(separator: ", "))' here: a"
                + " token bought at the cheaper route opens the other"
        )
        return false
    }

    private func checkTerms(of route: RouteDraft, against other: RouteDraft) {
        for (sale, place) in route.sales {
            guard let others = other.sales.first(where: { $0.sale.scheme == sale.scheme }) else { continue }
            let terms = Self.terms(of: sale)
            let otherTerms = Self.terms(of: others.sale)
            let conditions = (sale.caveats + others.sale.caveats).map(\.condition)
            guard let condition = conditions.first(where: { terms[$0] != otherTerms[$0] }) else { continue }
            run.note(
                .otherTerms,
                place,
                of: route.name,
                other.name,
                message:
                    "'\(sale.scheme)' sells the service '\(route.service)' on other terms than on the route '\(other.name)'"
                    + " (\(others.place)): the caveat '\(condition)' differs, and a token bought at one route opens the"
                    + " other"
            )
        }
    }

    /// The values of each condition.
    private static func terms(of sale: Sale) -> [String: [SoldCaveat.Value]] {
        Dictionary(grouping: sale.caveats, by: \.condition).mapValues { $0.map(\.value) }
    }

    // MARK: Between what is sold and what is verified

    private func checkVerification(of sales: [Sale], on route: RouteDraft) {
        for sold in sales.flatMap(\.caveats) {
            let carried = "'\(sold.condition)', which every token that is sold for '\(route.service)' carries"
            for (stage, planned) in zip(route.stages, route.planned) {
                switch stage.verdict(on: sold) {
                case nil, .enforced:
                    break
                case .unknown:
                    run.note(
                        .unverifiedCaveat,
                        planned.place,
                        "'\(planned.word)' does not verify \(carried) (\(sold.place)), so that none would open the route"
                            + " '\(route.name)'; \(remedy(for: sold, on: route, at: planned.place))"
                    )
                case .ignored:
                    run.note(
                        .unverifiedCaveat,
                        planned.place,
                        "'\(planned.word)' ignores \(carried) (\(sold.place)): what is sold must be verified;"
                            + " \(remedy(for: sold, on: route, at: planned.place))"
                    )
                case .unfulfillable(let reason):
                    run.note(
                        .unfulfillableCaveat,
                        sold.place,
                        "the caveat \(carried), \(reason), so that none would open the route '\(route.name)'"
                            + " ('\(planned.word)' stands at \(planned.place))"
                    )
                }
            }
        }
    }

    private func remedy(for sold: SoldCaveat, on route: RouteDraft, at place: Place) -> String {
        guard let word = verifier(of: sold, on: route, at: place) else {
            return "there is no verifier of it: write one, or do not sell it"
        }
        return "add '\(word)' to it"
    }

    /// The word of the verifier that understands the caveat.
    private func verifier(of sold: SoldCaveat, on route: RouteDraft, at place: Place) -> String? {
        var services = run.services
        services.route = route.name
        services.service = route.service
        let settings = PolicyNode(.empty, at: place)
        for (word, type) in services.registry.verifiers.sorted(by: { $0.key < $1.key }) {
            // What it says about having no settings is nobody's mistake.
            var reader = PolicyReader(settings, word: word, mistakes: PolicyMistakes(), references: run.references)
            if let verifier = try? type.init(from: &reader, services), verifier.verdict(on: sold) != nil { return word }
        }
        return nil
    }
}
