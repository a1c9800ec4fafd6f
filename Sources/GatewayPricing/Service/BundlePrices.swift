package import GRPCCore
package import GRPCPricer
package import GatewayKit
package import Logging
internal import Standard

/// The price server of `sluice pricer`: sells bundles that requests draw from by the tokens that models use.
///
/// A bundle is worth what is paid for it, and any model draws from it at its own rates. What a response does not say costs what
/// was reserved for it; failures cost nothing.
package struct BundlePrices: Pricesrpc_Prices.SimpleServiceProtocol {
    /// Of tokens and services; longer ones are nobody's.
    private static let longestName = 256

    private let list: PriceList
    private let book: PriceBook
    private let time: TimeSource
    private let logger: Logger

    package init(_ list: PriceList, book: PriceBook, time: TimeSource = .system, logger: Logger) {
        self.list = list
        self.book = book
        self.time = time
        self.logger = logger
    }

    // MARK: Bundles

    package func getPrice(
        request: Pricesrpc_GetPriceRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_GetPriceResponse {
        let (rates, asked) = try rates(for: request.httpRequestText)
        var response = Pricesrpc_GetPriceResponse()
        response.priceSats = rates.bundle(covering: asked.estimate(usual: rates.reserve)).wholeSatoshis
        return response
    }

    package func challengeMinted(
        request: Pricesrpc_ChallengeMintedRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_ChallengeMintedResponse {
        try check(request.tokenID, request.serviceName)
        guard let satoshis = UInt64(exactly: request.priceSats), let capacity = Amount.satoshis(satoshis),
            capacity > .zero, capacity <= .maximum
        else { throw RPCError(code: .invalidArgument, message: "'price_sats' is nothing that can be paid") }
        try await booked {
            _ = try await book.sell(request.tokenID, for: request.serviceName, capacity: capacity, at: time.now())
        }
        return Pricesrpc_ChallengeMintedResponse()
    }

    package func authorizeRequest(
        request: Pricesrpc_AuthorizeRequestRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_AuthorizeRequestResponse {
        try check(request.tokenID, request.serviceName)
        let (rates, asked) = try rates(for: request.httpRequestText)
        let estimate = asked.estimate(usual: rates.reserve)
        let draw = Draw(
            token: request.tokenID,
            service: request.serviceName,
            path: request.path,
            rates: rates,
            estimate: estimate
        )
        let admission = try await booked { try await book.admit(draw, at: time.now()) }
        var response = Pricesrpc_AuthorizeRequestResponse()
        switch admission {
        case .admitted(let number):
            response.allowed = true
            response.reservedEstimate = number
            return response
        case .busy:
            // No refusal: whoever has something left is not to buy more.
            throw RPCError(code: .resourceExhausted, message: "all that is left is reserved for requests under way")
        case .unknown: response.reason = "nothing was sold for this token"
        case .elsewhere: response.reason = "what was sold for this token is for another service"
        case .tooLarge: response.reason = "the request may cost more than the bundle is worth"
        case .exhausted: response.reason = "the bundle is spent"
        }
        response.priceSats = rates.bundle(covering: estimate).wholeSatoshis
        return response
    }

    package func reportUsage(
        request: Pricesrpc_ReportUsageRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_ReportUsageResponse {
        try check(request.tokenID, request.serviceName)
        guard request.reservedEstimate >= 0 else {
            throw RPCError(code: .invalidArgument, message: "'reserved_estimate' is nothing that was reserved")
        }
        let usage = MeteredUsage.Response(reported: request)
        let debit = try await booked {
            try await book.settle(request.reservedEstimate, of: request.tokenID, path: request.path, usage)
        }
        guard let debit else { throw RPCError(code: .notFound, message: "nothing was sold for this token") }
        if !debit.isTold { noteUntold(usage, request.path) }
        var response = Pricesrpc_ReportUsageResponse()
        response.debitedSats = debit.cost.wholeSatoshis
        response.remainingSats = Int64(clamping: debit.left.millisatoshis / 1_000)
        return response
    }

    // MARK: Sessions

    package func quoteSession(
        request: Pricesrpc_QuoteSessionRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_QuoteSessionResponse {
        let (rates, asked) = try rates(for: request.httpRequestText)
        let estimate = asked.estimate(usual: rates.reserve)
        var response = Pricesrpc_QuoteSessionResponse()
        response.unitPriceSats = max(1, rates.cost(of: estimate).wholeSatoshis)
        response.depositSats = max(response.unitPriceSats, rates.bundle(covering: estimate).wholeSatoshis)
        return response
    }

    /// What the request has paid already stands where nobody can say what it has cost.
    package func settleSession(
        request: Pricesrpc_SettleSessionRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_SettleSessionResponse {
        guard request.estimateSats >= 0 else {
            throw RPCError(code: .invalidArgument, message: "'estimate_sats' is nothing that was paid")
        }
        let usage = MeteredUsage.Response(reported: request)
        var response = Pricesrpc_SettleSessionResponse()
        response.costSats = request.estimateSats
        guard let (rates, asked) = try? rates(for: request.httpRequestText) else {
            noteUntold(usage, request.path)
            return response
        }
        let bill = TokenBill(
            for: usage,
            reserved: asked.estimate(usual: rates.reserve),
            input: rates.input,
            output: rates.output
        )
        if !bill.isTold { noteUntold(usage, request.path) }
        let cost = bill.amount.wholeSatoshis
        response.costSats = bill.isTold ? cost : max(cost, request.estimateSats)
        return response
    }

    // MARK: What they share

    /// - Throws: `RPCError` for a request that has no price.
    private func rates(for text: String) throws -> (ModelRates, PricedRequest) {
        do {
            let asked = try PricedRequest(text)
            return (try list.rates(for: asked), asked)
        } catch {
            throw RPCError(code: .invalidArgument, message: "\(error)")
        }
    }

    private func check(_ token: String, _ service: String) throws {
        // SQLite would end a text at U+0000, and take it for another one.
        guard !token.isEmpty, token.utf8.count <= Self.longestName, service.utf8.count <= Self.longestName,
            !token.utf8.contains(0), !service.utf8.contains(0)
        else {
            throw RPCError(code: .invalidArgument, message: "'token_id' or 'service_name' is nobody's")
        }
    }

    /// - Throws: what makes a gateway ask again later, when the book cannot answer.
    private func booked<Value>(_ change: () async throws -> Value) async throws -> Value {
        do {
            return try await change()
        } catch {
            logger.error("the book fails", metadata: ["reason": "\(error)"])
            throw RPCError(code: .unavailable, message: "the book cannot answer now")
        }
    }

    private func noteUntold(_ response: MeteredUsage.Response, _ path: String) {
        // Who leaves before the end takes the usage with him, which is nothing to look into.
        guard response.isComplete else { return }
        logger.warning(
            "a response does not say what it has used; it costs what was reserved",
            metadata: ["path": "\(path.prefix(200))", "readable": "\(response.isReadable)"]
        )
    }
}

extension Amount {
    /// Rounded up, as prices are told.
    fileprivate var wholeSatoshis: Int64 { Int64(clamping: satoshisRoundedUp) }
}
