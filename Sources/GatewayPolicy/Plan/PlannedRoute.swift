package import GatewayKit

/// A route and where each of its stages comes from: what `sluice plan` prints.
package struct PlannedRoute: Sendable {
    package let route: Route
    /// What runs for the preflights of its requests; `nil`: they are requests like any other.
    package let preflight: Route?
    package let match: RouteMatch
    /// Of the route's name.
    package let place: Place
    /// `nil`: it costs nothing, or nothing that anybody can pay.
    package let offer: PlannedOffer?
    /// What it costs, as far as that is known; `nil`: nothing.
    package let price: ListedPrice?
    /// Some of its requests cost nothing, by what the policy says.
    package let isFreeForSome: Bool
    /// By which its requests may be let through, in the order of the policy.
    package let schemes: [ListedScheme]
    /// In the order in which they run.
    package let stages: [PlannedStage]
    /// What it was made from without its pipeline, and where each part of that comes from.
    let settings: PolicyNode

    /// Its requests cost something, be it work or one of few.
    package var isPriced: Bool { price != nil }
}
