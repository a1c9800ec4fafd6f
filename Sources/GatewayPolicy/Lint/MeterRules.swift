internal import GatewayKit

/// The rule that what is paid by the event or by the byte is not also sold as a whole: then one payment buys all that the service sends.
struct MeterRules {
    private let routes: [RouteDraft]
    private let run: LoadingRun

    init(_ routes: [RouteDraft], run: LoadingRun) {
        self.routes = routes
        self.run = run
    }

    func check() {
        for route in routes where route.listedPrice != nil {
            let offers = route.sales.flatMap { sale, place -> [(name: String, isMetered: Bool, place: Place)] in
                sale.intents.isEmpty
                    ? [(sale.scheme, false, place)]
                    : sale.intents.map { ("\(sale.scheme) \($0.intent)", $0.isMetered, place) }
            }
            guard let metered = offers.first(where: \.isMetered), let whole = offers.first(where: { !$0.isMetered }),
                route.stages.last?.upstream?.timeouts.total == nil
            else { continue }
            run.note(
                .unboundedMeter,
                metered.place,
                of: route.name,
                message:
                    "'\(metered.name)' is paid by what comes, and '\(whole.name)' pays once for a response of any length on"
                    + " the route '\(route.name)': sell one of them, or bound responses with 'total-timeout' of the upstream"
            )
        }
    }
}
