internal import GatewayKit
internal import GatewayPolicy

/// How often the stages in shadow were asked since the plan was loaded, and would have refused.
struct ShadowReport: Encodable {
    struct Stage: Encodable {
        let route: String
        let word: String
        let place: String?
        let seen: UInt64
        let wouldRefuse: UInt64
    }

    let stages: [Stage]

    /// - Parameter plan: `nil`: there is none.
    init(_ plan: Plan?) {
        stages = (plan?.routes ?? []).flatMap { planned in
            zip(planned.route.stages, planned.route.places).compactMap { stage, place in
                (stage as? ShadowedStage).map { shadowed in
                    let counts = shadowed.counts
                    return Stage(
                        route: planned.route.name,
                        word: shadowed.word ?? "",
                        place: place?.description,
                        seen: counts.seen,
                        wouldRefuse: counts.wouldRefuse
                    )
                }
            }
        }
    }

    func json() -> String { JSONOutput.text(self) }
}
