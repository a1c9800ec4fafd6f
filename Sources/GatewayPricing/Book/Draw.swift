package import GatewayKit
package import Standard

/// A request that wants to be paid for by a bundle.
package struct Draw: Hashable, Sendable {
    package let token: String
    package let service: String
    package let path: String
    package let rates: ModelRates
    package let estimate: TokenEstimate

    package init(token: String, service: String, path: String, rates: ModelRates, estimate: TokenEstimate) {
        self.token = token
        self.service = service
        self.path = path
        self.rates = rates
        self.estimate = estimate
    }

    /// What it may cost.
    package var amount: Amount { rates.cost(of: estimate) }
}

/// What becomes of it.
package enum Admission: Hashable, Sendable {
    /// The number of what was reserved.
    case admitted(Int64)
    /// Nothing was sold for this token.
    case unknown
    /// What was sold for it is for another service.
    case elsewhere
    /// It may cost more than the whole bundle.
    case tooLarge
    /// Nothing is left.
    case exhausted
    /// What is left is reserved for requests that are under way.
    case busy
}

/// What came of a report.
package struct Settlement: Hashable, Sendable {
    /// What it took from the bundle: zero for a report that has come before.
    package let cost: Amount
    /// What nobody has spent.
    package let left: Amount
    /// The response has said what it has used, or it was reported before.
    package let isTold: Bool
}
