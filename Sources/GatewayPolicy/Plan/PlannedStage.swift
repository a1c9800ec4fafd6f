package import GatewayKit

/// A stage as a policy names it.
package struct PlannedStage: Sendable {
    package let word: String
    /// The settings that count, on one line, no secret.
    package let summary: String
    package let place: Place
    /// The named pipeline that it is written in; `nil` for the route's own.
    package let pipeline: String?
    /// What it was made from, and where each part of that comes from.
    let settings: PolicyNode
    /// What it decides is written down and has no effect.
    package let isShadow: Bool
}
