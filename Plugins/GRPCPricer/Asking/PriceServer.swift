internal import GRPCCore
internal import GatewayKit
package import GatewayRPC

/// A price server of the service `pricesrpc.Prices`: one that was written for Aperture.
package struct PriceServer: PriceSource {
    let client: ServiceClient

    package init(_ client: ServiceClient) {
        self.client = client
    }

    package var name: String { client.settings.name }

    package func satoshis(for question: PriceQuestion) async throws(ServiceFailure) -> Int64 {
        var request = Pricesrpc_GetPriceRequest()
        request.path = question.path
        request.httpRequestText = question.text
        return try await client.call { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).getPrice(request, options: options)
        }.priceSats
    }

    package func tell(_ offer: PricedOffer) async throws(ServiceFailure) {
        var request = Pricesrpc_ChallengeMintedRequest()
        request.path = offer.question.path
        request.httpRequestText = offer.question.text
        request.tokenID = offer.token.hex
        request.priceSats = Int64(clamping: offer.amount.satoshisRoundedUp)
        request.serviceName = offer.service
        _ = try await client.call { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).challengeMinted(request, options: options)
        }
    }
}
