internal import GRPCCore
package import GatewayKit
internal import GatewayRPC
internal import HTTPTypes
package import Logging
internal import NIOCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Meters by a price server, as Aperture does: the server keeps the balances of bundles, the gateway those of sessions.
package struct PriceServerMeter: UsageMeter {
    package let name: String
    private let source: any UsageSource
    private let limit: PriceLimit
    private let body: BodyBound
    private let counts: PriceCounts
    private let logger: Logger

    /// - Parameter route: whose requests it meters.
    package init(
        of route: String,
        _ source: any UsageSource,
        limit: PriceLimit,
        body: BodyBound,
        counts: PriceCounts,
        logger: Logger
    ) {
        name = "\(GRPCPricer.word)/\(route)"
        self.source = source
        self.limit = limit
        self.body = body
        self.counts = counts
        self.logger = logger
    }

    // MARK: Offers

    package func offered(
        _ accounts: [MeterAccount],
        for price: Amount,
        in exchange: Exchange
    ) throws -> Eventually<Void> {
        let booked = accounts.filter { $0.form != .session }
        guard !booked.isEmpty else { return .now(()) }
        let service = exchange.route.service
        return try question(of: exchange).flatMap { question in
            exchange.later { [source, counts] in
                for account in booked {
                    try await source.book(
                        PricedOffer(question: question, service: service, token: account.id, amount: price)
                    )
                    counts.add(.offersTold)
                }
            }
        }
    }

    /// A server that quotes no sessions, or not now, leaves them at the price.
    package func sessionOffer(in exchange: Exchange) throws -> Eventually<SessionOffer?> {
        let service = exchange.route.service
        if body.isShown(of: exchange.request) { exchange.isPricedByBody = true }
        return try question(of: exchange).flatMap { question in
            var request = Pricesrpc_QuoteSessionRequest()
            request.path = question.path
            request.httpRequestText = question.text
            request.serviceName = service
            return exchange.later { [request] in await offer(try? source.quote(request)) }
        }
    }

    private func offer(_ answer: Pricesrpc_QuoteSessionResponse?) -> SessionOffer? {
        guard let answer else { return nil }
        do throws(PriceFault) {
            let unit = try limit.amount(of: answer.unitPriceSats)
            guard unit > .zero else { return nil }
            let deposit = try limit.amount(of: answer.depositSats)
            return SessionOffer(unit: unit, deposit: deposit > .zero ? deposit : nil)
        } catch {
            counts.add(error.name)
            logger.error("a price server quotes no price for a session", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    // MARK: Requests

    package func admit(_ account: MeterAccount, in exchange: Exchange) throws -> Eventually<MeterVerdict> {
        let service = exchange.route.service
        return try question(of: exchange).flatMap { question in
            if account.form == .session {
                // It was paid for when it was recognised; what it is about is told when it is settled.
                return .now(
                    .allowed(
                        MeterGrant(reserved: account.taken.satoshisRoundedUp, note: Array(question.text.utf8))
                    )
                )
            }
            var request = Pricesrpc_AuthorizeRequestRequest()
            request.path = question.path
            request.httpRequestText = question.text
            request.tokenID = account.id.hex
            request.serviceName = service
            return try exchange.later { [request] in await decision(on: request) }
                .map { try verdict($0, in: exchange) }
        }
    }

    private typealias Authorisation = Result<Pricesrpc_AuthorizeRequestResponse, ServiceFailure>

    private func decision(on request: Pricesrpc_AuthorizeRequestRequest) async -> Authorisation {
        do {
            return .success(try await source.authorise(request))
        } catch {
            return .failure(error)
        }
    }

    /// - Throws: the reply to the client where the server has not decided.
    private func verdict(_ answer: Authorisation, in exchange: Exchange) throws -> MeterVerdict {
        do {
            let answer = try answer.get()
            if answer.allowed {
                return .allowed(MeterGrant(reserved: UInt64(clamping: answer.reservedEstimate)))
            }
            let price = answer.priceSats == 0 ? nil : try limit.amount(of: answer.priceSats)
            return .exhausted(price: price, reason: answer.reason.isEmpty ? nil : String(answer.reason.prefix(200)))
        } catch {
            if (error as? ServiceFailure)?.reason == .refused(.resourceExhausted) {
                exchange.looked(at: "price server", "what is left is reserved for requests that are under way")
                throw Self.busy
            }
            let fault = (error as? ServiceFailure).map { PriceFault($0) } ?? (error as? PriceFault)
            if let fault { counts.add(fault.name) }
            exchange.logger.error("nobody knows what is left of a payment", metadata: ["reason": "\(error)"])
            throw PriceFallback.refusal
        }
    }

    /// Who has something left is not to buy more.
    private static var busy: Reply {
        var reply = Reply(
            .tooManyRequests,
            detail: "what is left of the bundle is reserved for requests that are under way; try again after them"
        )
        reply.fields.add(.retryAfter, "1")
        return reply
    }

    // MARK: Usage

    package func cost(of usage: MeteredUsage) async throws -> MeteredCost {
        let account = usage.reservation.account
        guard account.form == .session else {
            do throws(ServiceFailure) {
                try await source.report(Self.report(of: usage))
            } catch {
                guard error.isFinal else { throw error }
                counts.add(.usageLost)
                logger.error(
                    "a price server does not take a report, and so books nothing",
                    metadata: ["reason": "\(error)"]
                )
            }
            return .booked
        }
        return .amount(try await cost(ofSession: usage, account))
    }

    /// What was taken for it already stands where the server says nothing that counts, unless nothing came of the upstream.
    private func cost(ofSession usage: MeteredUsage, _ account: MeterAccount) async throws(ServiceFailure) -> Amount {
        do throws(ServiceFailure) {
            let satoshis = try await source.settle(Self.settlement(of: usage))
            if let amount = try? limit.amount(of: satoshis) { return amount }
            counts.add(.wrong)
            logger.error("a price server says what is no cost", metadata: ["satoshis": "\(satoshis)"])
        } catch {
            guard error.isFinal else { throw error }
        }
        return usage.response.status == nil ? .zero : account.taken
    }

    /// Where nothing came of the upstream: 502 (RFC 9110 §15.6.3), by which a server knows that nothing was served.
    private static func status(of response: MeteredUsage.Response) -> Int32 {
        Int32(clamping: response.status ?? 502)
    }

    package static func report(of usage: MeteredUsage) -> Pricesrpc_ReportUsageRequest {
        var report = Pricesrpc_ReportUsageRequest()
        report.tokenID = usage.reservation.account.id.hex
        report.path = RequestText.path(usage.reservation.path.utf8)
        report.serviceName = usage.reservation.service
        report.httpStatus = status(of: usage.response)
        report.contentType = usage.response.contentType ?? ""
        report.contentEncoding = usage.response.contentEncoding ?? ""
        report.complete = usage.response.isComplete
        report.responseTail = Data(usage.response.tail)
        report.reservedEstimate = Int64(clamping: usage.reservation.reserved)
        return report
    }

    package static func settlement(of usage: MeteredUsage) -> Pricesrpc_SettleSessionRequest {
        var settlement = Pricesrpc_SettleSessionRequest()
        settlement.sessionID = usage.reservation.account.id.hex
        settlement.path = RequestText.path(usage.reservation.path.utf8)
        settlement.serviceName = usage.reservation.service
        settlement.httpStatus = status(of: usage.response)
        settlement.contentType = usage.response.contentType ?? ""
        settlement.contentEncoding = usage.response.contentEncoding ?? ""
        settlement.complete = usage.response.isComplete
        settlement.responseTail = Data(usage.response.tail)
        settlement.estimateSats = Int64(clamping: usage.reservation.account.taken.satoshisRoundedUp)
        settlement.httpRequestText = String(decoding: usage.reservation.note, as: UTF8.self)
        return settlement
    }

    private func question(of exchange: Exchange) throws -> Eventually<PriceQuestion> {
        body.beginning(of: exchange).map { PriceQuestion(about: exchange, body: $0) }
    }
}

extension ServiceFailure {
    /// True when the same call will be answered the same again.
    fileprivate var isFinal: Bool {
        guard case .refused(let code) = reason else { return false }
        let codes: [RPCError.Code] = [
            .unimplemented, .invalidArgument, .notFound, .alreadyExists, .failedPrecondition, .outOfRange,
            .permissionDenied, .unauthenticated,
        ]
        return codes.contains(code)
    }
}
