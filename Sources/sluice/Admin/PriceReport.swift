internal import GatewayKit
internal import GatewayPolicy
internal import Standard

/// What the pricers of a plan have counted since it was loaded: how often price servers were asked, and what came of it.
struct PriceReport: Encodable {
    struct Pricer: Encodable {
        let route: String
        let place: String?
        let pricer: String
        let counts: [String: UInt64]
    }

    let pricers: [Pricer]

    /// - Parameter plan: `nil`: there is none.
    init(_ plan: Plan?) {
        pricers = (plan?.routes ?? []).flatMap { planned in
            zip(planned.route.stages, planned.route.places).compactMap { stage, place -> Pricer? in
                let priced = (stage as? ShadowedStage)?.stage as? PriceStage ?? stage as? PriceStage
                guard let pricer = priced?.pricer, !pricer.counts.isEmpty else { return nil }
                return Pricer(
                    route: planned.route.name,
                    place: place?.description,
                    pricer: pricer.summary,
                    counts: Dictionary(pricer.counts.map { ($0.name, $0.count) }) { first, _ in first }
                )
            }
        }
    }

    func json() -> String { JSONOutput.text(self) }
}
