internal import GatewayKit

/// The rules of sessions: what is left of a deposit goes back, so that the node has to be one that pays, and that keeps to the
/// fee that it is allowed.
struct RefundRules {
    private let routes: [RouteDraft]
    private let lightning: any LightningBackend
    private let run: LoadingRun

    init(_ routes: [RouteDraft], lightning: any LightningBackend, run: LoadingRun) {
        self.routes = routes
        self.lightning = lightning
        self.run = run
    }

    func check() {
        let pays = lightning.capabilities.contains(.refund)
        guard !pays || !lightning.boundsFees else { return }
        // A listener with defaults of its own has all routes once more.
        var told = Set<String>()
        for route in routes where route.listedPrice != nil {
            for (sale, place) in route.sales {
                guard sale.intents.contains(where: { $0.intent == "session" }),
                    told.insert("\(route.name) \(sale.scheme)").inserted
                else { continue }
                guard pays else {
                    run.note(
                        .strandedDeposit,
                        place,
                        "'\(sale.scheme) session' takes a deposit on the route '\(route.name)' whose rest goes back, and the node pays"
                            + " nothing back: let it, or sell by 'charge' alone"
                    )
                    continue
                }
                run.note(
                    .unboundedFee,
                    place,
                    of: route.name,
                    message:
                        "what is left of '\(sale.scheme) session' on the route '\(route.name)' is paid back by a node that takes what"
                        + " fee it likes, whatever 'max-refund-fee' says: give its connection a budget"
                )
            }
        }
    }
}
