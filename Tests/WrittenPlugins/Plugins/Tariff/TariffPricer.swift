package import GatewayKit

/// `{ use: tariff, amount: 10 sat, large: 25 sat }`: a request with a large body costs more.
package struct TariffPricer: Pricer, Plugin {
    package static let word = "tariff"

    private let amount: Amount
    private let large: Amount
    private let limit: ByteCount

    package init(from settings: inout PolicyReader, _ services: Services) {
        amount = settings.amount("amount")
        large = settings.amount("large", or: amount)
        limit = settings.byteCount("limit", or: .kibibytes(64))
    }

    package func price(of exchange: Exchange) -> Eventually<Amount> {
        switch exchange.request.body {
        case .none: .now(amount)
        case .length(let length): .now(length > UInt64(limit.bytes) ? large : amount)
        case .unknownLength: .now(large)
        }
    }
}
