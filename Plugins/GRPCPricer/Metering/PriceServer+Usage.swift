internal import GRPCCore
package import GatewayRPC

extension PriceServer: UsageSource {
    package func book(_ offer: PricedOffer) async throws(ServiceFailure) {
        try await tell(offer)
    }

    /// Not asked twice: what a first call has reserved, whose answer was lost, nobody would give back.
    package func authorise(
        _ request: Pricesrpc_AuthorizeRequestRequest
    ) async throws(ServiceFailure) -> Pricesrpc_AuthorizeRequestResponse {
        try await client.call(isRepeatable: false) { connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).authorizeRequest(request, options: options)
        }
    }

    /// Not repeated here: whoever calls this does, until it is done.
    package func report(_ usage: Pricesrpc_ReportUsageRequest) async throws(ServiceFailure) {
        _ = try await client.call(isRepeatable: false) { connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).reportUsage(usage, options: options)
        }
    }

    package func quote(
        _ request: Pricesrpc_QuoteSessionRequest
    ) async throws(ServiceFailure) -> Pricesrpc_QuoteSessionResponse {
        try await client.call { connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).quoteSession(request, options: options)
        }
    }

    package func settle(_ usage: Pricesrpc_SettleSessionRequest) async throws(ServiceFailure) -> Int64 {
        try await client.call { connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).settleSession(usage, options: options)
        }.costSats
    }
}
