package import GatewayRPC

/// Looks whether a price server does what gateways expect of the service `pricesrpc.Prices`: any one's, in any language.
///
/// It sells bundles for tokens of its own making and spends them: not for a server that is in use.
package struct PriceConformance: Sendable {
    private let calls: PriceCalls

    /// - Parameters:
    ///   - client: with a breaker that never opens, and no retries.
    ///   - sample: a request for which the server has a price.
    package init(_ client: ServiceClient, sample: SampleRequest) {
        calls = PriceCalls(client: client, sample: sample)
    }

    /// - Throws: when nobody is there.
    package func report() async throws(ServiceFailure) -> ConformanceReport {
        var run = ConformanceRun(calls)
        try await run.lookAtPrices()
        await run.lookAtBundles()
        await run.lookAtSessions()
        return run.report
    }
}
