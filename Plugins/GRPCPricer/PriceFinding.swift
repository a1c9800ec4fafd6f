package import GatewayKit

/// What came of looking for a price.
package enum PriceFinding: Sendable, Hashable {
    case price(Amount)
    /// One that was kept for too long, because there is no other.
    case stale(Amount, because: PriceFault)
    case none(because: PriceFault)

    package init(_ price: Result<Amount, PriceFault>, stale: Amount? = nil) {
        switch price {
        case .success(let amount): self = .price(amount)
        case .failure(let fault): self = stale.map { .stale($0, because: fault) } ?? .none(because: fault)
        }
    }
}
