package import GatewayKit

/// A stage as a policy names it.
package struct PlannedStage: Sendable {
    package let word: String
    /// The settings that count, on one line, no secret.
    package let summary: String
    package let place: Place
    /// The named pipeline that it is written in; `nil` for the route's own.
    package let pipeline: String?
}
