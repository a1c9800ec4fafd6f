internal import GatewayKit

/// The rule of nodes that tell preimages to strangers: where a client can ask one for the proof of what it has not paid, the
/// node has to say that it was paid, too.
struct PreimageRules {
    private let routes: [RouteDraft]
    private let lightning: any LightningBackend
    private let run: LoadingRun

    init(_ routes: [RouteDraft], lightning: any LightningBackend, run: LoadingRun) {
        self.routes = routes
        self.lightning = lightning
        self.run = run
    }

    func check() {
        guard lightning.preimageExposure == .anybody else { return }
        // A listener with defaults of its own has all routes once more.
        var told = Set<String>()
        for route in routes where route.listedPrice != nil {
            for (sale, place) in route.sales
            where sale.trustsPreimages && told.insert("\(route.name) \(sale.scheme)").inserted {
                run.note(
                    .revealedPreimage,
                    place,
                    of: route.name,
                    message:
                        "'\(sale.scheme)' takes the preimage for the proof that the route '\(route.name)' was paid for, and the"
                        + " node tells preimages to strangers: write { use: \(sale.scheme), verify: node }"
                )
            }
        }
    }
}
