package import GatewayKit

/// Takes what a price server answers for a price, or not.
package struct PriceLimit: Sendable, Hashable {
    /// 0.01 bitcoin: a mistake of a price server asks nobody for a fortune.
    package static let usual = Amount(millisatoshis: 1_000_000_000)

    /// The highest price that is taken.
    package let most: Amount

    package init(most: Amount = Self.usual) {
        self.most = most
    }

    /// - Parameter satoshis: as `GetPriceResponse.price_sats` has it; 0: free.
    package func amount(of satoshis: Int64) throws(PriceFault) -> Amount {
        guard let count = UInt64(exactly: satoshis) else { throw .negative(satoshis) }
        guard let amount = Amount.satoshis(count), amount <= .maximum else { throw .absurd(satoshis) }
        guard amount <= most else { throw .tooHigh(amount, most: most) }
        return amount
    }
}
