package import GatewayRPC

/// Somebody to ask for prices.
package protocol PriceSource: Sendable {
    /// As the server says it, whatever it is. From any thread; the time that it takes is bounded.
    func satoshis(for question: PriceQuestion) async throws(ServiceFailure) -> Int64

    /// Says that whoever pays this buys something at this price. Nothing is to be done about a failure.
    func tell(_ offer: PricedOffer) async throws(ServiceFailure)

    /// As messages and the log name it.
    var name: String { get }
}
