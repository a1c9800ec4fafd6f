package import GatewayKit

/// What becomes of a request where a service that should decide about it does not answer.
package enum FailureRule: String, Sendable, CaseIterable {
    case refuse, allow

    /// What `on-failure` says; `refuse` where it says nothing.
    package init(from settings: inout PolicyReader) {
        let words = Self.allCases.map(\.rawValue)
        let word = settings.choice("on-failure", of: words, or: Self.refuse.rawValue)
        self = Self(rawValue: word) ?? .refuse
    }

    /// True when a request may go on that the service has not decided about.
    package func allows(after failure: ServiceFailure) -> Bool {
        self == .allow && !failure.isAnswer
    }
}
