internal import GatewayKit

/// The rules of what is paid by what comes: it is not also sold as a whole, for then one payment buys all that the service
/// sends; and where what a response has cost is known only at its end, it has one.
struct MeterRules {
    private let routes: [RouteDraft]
    private let run: LoadingRun

    init(_ routes: [RouteDraft], run: LoadingRun) {
        self.routes = routes
        self.run = run
    }

    func check() {
        for route in routes where route.listedPrice != nil {
            if let price = route.prices?.place, route.isMetered {
                checkUsage(of: route, price)
            } else {
                checkOffers(of: route)
            }
        }
    }

    private func offers(of route: RouteDraft) -> [(name: String, isMetered: Bool, place: Place)] {
        route.sales.flatMap { sale, place -> [(name: String, isMetered: Bool, place: Place)] in
            sale.intents.isEmpty
                ? [(sale.scheme, false, place)]
                : sale.intents.map { ("\(sale.scheme) \($0.intent)", $0.isMetered, place) }
        }
    }

    private func isBounded(_ route: RouteDraft) -> Bool {
        route.stages.last?.upstream?.timeouts.total != nil
    }

    private func checkOffers(of route: RouteDraft) {
        let offers = offers(of: route)
        guard let metered = offers.first(where: \.isMetered), let whole = offers.first(where: { !$0.isMetered }),
            !isBounded(route)
        else { return }
        run.note(
            .unboundedMeter,
            metered.place,
            of: route.name,
            message:
                "'\(metered.name)' is paid by what comes, and '\(whole.name)' pays once for a response of any length on"
                + " the route '\(route.name)': sell one of them, or bound responses with 'total-timeout' of the upstream"
        )
    }

    private func checkUsage(of route: RouteDraft, _ price: Place) {
        if let metered = offers(of: route).first(where: \.isMetered) {
            run.note(
                .setting,
                metered.place,
                "'\(metered.name)' is metered by what comes, and the price of the route '\(route.name)' by what is used:"
                    + " leave out 'meter'"
            )
        }
        guard route.stages.last?.upstream != nil, !isBounded(route) else { return }
        run.note(
            .unboundedMeter,
            price,
            of: route.name,
            message:
                "what a response of the route '\(route.name)' has used is taken at its end, and it need not have one: bound"
                + " responses with 'total-timeout' of the upstream"
        )
    }
}
