internal import GatewayKit

/// The rule of sessions: what is left of a deposit goes back, so that the node has to be one that pays.
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
        guard !lightning.capabilities.contains(.refund) else { return }
        // A listener with defaults of its own has all routes once more.
        var told = Set<String>()
        for route in routes where route.listedPrice != nil {
            for (sale, place) in route.sales {
                guard sale.intents.contains(where: { $0.intent == "session" }),
                    told.insert("\(route.name) \(sale.scheme)").inserted
                else { continue }
                run.note(
                    .strandedDeposit,
                    place,
                    "'\(sale.scheme) session' takes a deposit on the route '\(route.name)' whose rest goes back, and the node pays"
                        + " nothing back: let it, or sell by 'charge' alone"
                )
            }
        }
    }
}
