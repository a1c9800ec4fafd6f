import GRPCCore
import GRPCPricer
import NIOConcurrencyHelpers

/// A price server that does one thing wrong, and everything else as it should: bundles are worth three requests.
final class WrongPrices: Pricesrpc_Prices.SimpleServiceProtocol {
    enum Fault: Sendable {
        case none
        case negativePrice
        case failsAtOddRequests
        case sellsOnlyOnce
        case letsNobodyIn
        case letsEverybodyIn
        case keepsReservations
        case crashesAtStrangers
        case debitsBelowZero
        case pricesBelowZeroAtTheEnd
        case sharesBundles
        case hasNoChallengeMinted
        case asksForSmallDeposits
        case takesMoreForFailures
        case hasNoQuotes
        case hasPricesAlone
    }

    private struct State {
        var left = [String: Int]()
        var reserved = [String: Int]()
        var sold = Set<String>()
    }

    private let fault: Fault
    private let state = NIOLockedValueBox(State())

    init(_ fault: Fault) {
        self.fault = fault
    }

    private func key(_ token: String) -> String { fault == .sharesBundles ? "" : token }

    private var missing: RPCError { RPCError(code: .unimplemented, message: "not here") }

    func getPrice(
        request: Pricesrpc_GetPriceRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_GetPriceResponse {
        if fault == .failsAtOddRequests, !request.httpRequestText.contains(" HTTP/1.1\r\n") {
            throw RPCError(code: .unknown, message: "list index out of range")
        }
        var response = Pricesrpc_GetPriceResponse()
        response.priceSats = fault == .negativePrice ? -1 : 20
        return response
    }

    func challengeMinted(
        request: Pricesrpc_ChallengeMintedRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_ChallengeMintedResponse {
        if fault == .hasNoChallengeMinted || fault == .hasPricesAlone { throw missing }
        let token = key(request.tokenID)
        try state.withLockedValue { state in
            let isNew = state.sold.insert(token).inserted
            if fault == .sellsOnlyOnce, !isNew { throw RPCError(code: .alreadyExists, message: "sold already") }
            if isNew { state.left[token] = 3 }
        }
        return Pricesrpc_ChallengeMintedResponse()
    }

    func authorizeRequest(
        request: Pricesrpc_AuthorizeRequestRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_AuthorizeRequestResponse {
        if fault == .hasPricesAlone { throw missing }
        let token = key(request.tokenID)
        var response = Pricesrpc_AuthorizeRequestResponse()
        response.allowed = state.withLockedValue { state in
            guard fault != .letsEverybodyIn else { return true }
            guard fault != .letsNobodyIn, state.left[token, default: 0] > state.reserved[token, default: 0] else {
                return false
            }
            state.reserved[token, default: 0] += 1
            return true
        }
        response.reservedEstimate = response.allowed ? 1 : 0
        if !response.allowed { response.priceSats = fault == .pricesBelowZeroAtTheEnd ? -20 : 20 }
        return response
    }

    func reportUsage(
        request: Pricesrpc_ReportUsageRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_ReportUsageResponse {
        if fault == .hasPricesAlone { throw missing }
        let token = key(request.tokenID)
        let isUsed = request.httpStatus == 200
        var response = Pricesrpc_ReportUsageResponse()
        try state.withLockedValue { state in
            guard let left = state.left[token] else {
                throw RPCError(code: fault == .crashesAtStrangers ? .unknown : .notFound, message: "nobody's")
            }
            // Nothing is open that it could be the report of: it has come before.
            guard state.reserved[token, default: 0] > 0 else {
                response.remainingSats = Int64(left)
                return
            }
            if fault != .keepsReservations { state.reserved[token, default: 0] -= 1 }
            let after = isUsed ? max(0, left - 1) : left
            state.left[token] = after
            response.remainingSats = Int64(after)
        }
        response.debitedSats = fault == .debitsBelowZero ? -1 : isUsed ? 7 : 0
        return response
    }

    func quoteSession(
        request: Pricesrpc_QuoteSessionRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_QuoteSessionResponse {
        if fault == .hasNoQuotes || fault == .hasPricesAlone { throw missing }
        var response = Pricesrpc_QuoteSessionResponse()
        response.unitPriceSats = 7
        response.depositSats = fault == .asksForSmallDeposits ? 6 : 70
        return response
    }

    func settleSession(
        request: Pricesrpc_SettleSessionRequest,
        context: ServerContext
    ) async throws -> Pricesrpc_SettleSessionResponse {
        if fault == .hasPricesAlone { throw missing }
        var response = Pricesrpc_SettleSessionResponse()
        let isFailed = request.httpStatus != 200
        response.costSats = isFailed ? (fault == .takesMoreForFailures ? request.estimateSats + 1 : 0) : 7
        return response
    }
}
