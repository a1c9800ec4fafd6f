package import GatewayRPC

/// Somebody who keeps account of what is used: a price server that implements the whole of its service. From any thread;
/// the time that each takes is bounded.
package protocol UsageSource: Sendable {
    /// Books what somebody draws from who pays for an offer.
    func book(_ offer: PricedOffer) async throws(ServiceFailure)

    /// Whether what is left is enough for a request, for which something is reserved then.
    func authorise(_ request: Pricesrpc_AuthorizeRequestRequest) async throws(ServiceFailure)
        -> Pricesrpc_AuthorizeRequestResponse

    /// May be told more than once of the same.
    func report(_ usage: Pricesrpc_ReportUsageRequest) async throws(ServiceFailure)

    func quote(_ request: Pricesrpc_QuoteSessionRequest) async throws(ServiceFailure) -> Pricesrpc_QuoteSessionResponse

    /// - Returns: satoshis, whatever they are.
    func settle(_ usage: Pricesrpc_SettleSessionRequest) async throws(ServiceFailure) -> Int64
}
