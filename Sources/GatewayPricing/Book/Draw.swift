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
