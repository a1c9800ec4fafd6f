internal import GRPCCore
internal import GRPCPricer
internal import GatewayKit
internal import GatewayRPC

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The methods of a price server, called as a gateway would about one request.
struct PriceCalls: Sendable {
    /// What a gateway reports of a response.
    enum Response: Hashable, Sendable {
        /// The upstream failed before a byte came.
        case failed
        /// It is whole, and says that it has used so many tokens of each direction.
        case used(tokens: Int)
    }

    typealias Answer<Value> = Result<Value, ServiceFailure>

    let client: ServiceClient
    let sample: SampleRequest

    /// - Parameter text: another one than the sample's.
    func price(of text: String? = nil) async -> Answer<Int64> {
        var request = Pricesrpc_GetPriceRequest()
        request.path = sample.path
        request.httpRequestText = text ?? sample.text
        return await client.result(isRepeatable: false) { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).getPrice(request, options: options).priceSats
        }
    }

    func sell(_ token: String, for satoshis: Int64) async -> Answer<Void> {
        var request = Pricesrpc_ChallengeMintedRequest()
        request.path = sample.path
        request.httpRequestText = sample.text
        request.tokenID = token
        request.priceSats = satoshis
        request.serviceName = sample.service
        return await client.result(isRepeatable: false) { [request] connection, options in
            _ = try await Pricesrpc_Prices.Client(wrapping: connection).challengeMinted(request, options: options)
        }
    }

    func authorise(_ token: String) async -> Answer<Pricesrpc_AuthorizeRequestResponse> {
        var request = Pricesrpc_AuthorizeRequestRequest()
        request.path = sample.path
        request.httpRequestText = sample.text
        request.tokenID = token
        request.serviceName = sample.service
        return await client.result(isRepeatable: false) { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).authorizeRequest(request, options: options)
        }
    }

    /// - Parameter reserved: what authorising the request has answered.
    func report(
        _ token: String,
        _ response: Response,
        reserved: Int64
    ) async -> Answer<Pricesrpc_ReportUsageResponse> {
        var request = Pricesrpc_ReportUsageRequest()
        request.path = sample.path
        request.tokenID = token
        request.serviceName = sample.service
        request.reservedEstimate = reserved
        switch response {
        case .failed: request.httpStatus = 502
        case .used(let tokens):
            request.httpStatus = 200
            request.contentType = "application/json"
            request.complete = true
            request.responseTail = Data(SampleRequest.response(tokens: tokens).utf8)
        }
        return await client.result(isRepeatable: false) { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).reportUsage(request, options: options)
        }
    }

    func quote() async -> Answer<Pricesrpc_QuoteSessionResponse> {
        var request = Pricesrpc_QuoteSessionRequest()
        request.path = sample.path
        request.httpRequestText = sample.text
        request.serviceName = sample.service
        return await client.result(isRepeatable: false) { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).quoteSession(request, options: options)
        }
    }

    /// - Parameter paid: satoshis that were taken before.
    func settle(_ session: String, _ response: Response, paid: Int64) async -> Answer<Int64> {
        var request = Pricesrpc_SettleSessionRequest()
        request.sessionID = session
        request.path = sample.path
        request.httpRequestText = sample.text
        request.serviceName = sample.service
        request.estimateSats = paid
        switch response {
        case .failed: request.httpStatus = 502
        case .used(let tokens):
            request.httpStatus = 200
            request.contentType = "application/json"
            request.complete = true
            request.responseTail = Data(SampleRequest.response(tokens: tokens).utf8)
        }
        return await client.result(isRepeatable: false) { [request] connection, options in
            try await Pricesrpc_Prices.Client(wrapping: connection).settleSession(request, options: options).costSats
        }
    }
}

extension Result where Failure == ServiceFailure {
    /// The server says that it does not have this method.
    var isUnimplemented: Bool {
        if case .failure(let failure) = self { failure.reason == .refused(.unimplemented) } else { false }
    }

    /// The server refuses with a status that it has chosen: its handler has neither crashed nor hung.
    var isOwnRefusal: Bool {
        guard case .failure(let failure) = self, case .refused(let code) = failure.reason else { return false }
        return ![RPCError.Code.unknown, .internalError, .dataLoss, .unimplemented].contains(code)
    }
}
