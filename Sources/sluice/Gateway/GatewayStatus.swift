internal import GatewayKit

/// What a running gateway tells of its policy.
package struct GatewayStatus: Sendable, Codable {
    package let started: String
    /// When the policy that is served was taken up.
    package let loaded: String
    /// Those that were applied.
    package let reloads: Int
    package let routes: Int
    package let files: [String]
    /// Takes up changes of these files by itself.
    package let watches: Bool
    /// What is known of the rates of other currencies; empty where the policy has none.
    let rates: [RateState]
    /// The last attempt to reload; not there before the first.
    package let last: ReloadReport?
}
