package import GatewayKit
internal import HTTPTypes
package import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// `tokens`: prices of language models, by the tokens that a response says it has used.
///
/// A payment buys a bundle, worth what was paid; each request is taken from it at the rates of input and output. What a
/// response does not say costs what was reserved for it, or what has come of it.
package final class TokenPricer: Pricer, Plugin, UsageMeter {
    package static let word = "tokens"

    /// Output that is reserved where a request names no bound.
    package static let usualReserve: UInt64 = 4_096
    package static let usualBody = ByteCount.mebibytes(1)
    package static let bundleForm = "a number of tokens such as 1M, half of them input, or an amount such as 1500 sat"
    /// Bundles whose worth is known here; beyond it all are forgotten and looked up again.
    private static let mostKnown = 65_536

    package struct Terms: Sendable {
        package var input: TokenRate
        package var output: TokenRate
        /// What a bundle costs.
        package var bundle: Amount
        package var reserve: UInt64
        package var bodyLimit: ByteCount

        package init(
            input: TokenRate,
            output: TokenRate,
            bundle: Amount,
            reserve: UInt64 = TokenPricer.usualReserve,
            bodyLimit: ByteCount = TokenPricer.usualBody
        ) {
            self.input = input
            self.output = output
            self.bundle = bundle
            self.reserve = reserve
            self.bodyLimit = bodyLimit
        }
    }

    package let name: String
    package let terms: Terms
    /// As the policy writes it.
    private let bundleText: String
    private let store: any Store
    private let logger: Logger
    private let capacities = NIOLockedValueBox<[PaymentHash: Amount]>([:])

    package init(_ terms: Terms, route: String, store: any Store, logger: Logger, bundleText: String = "") {
        self.terms = terms
        self.store = store
        self.logger = logger
        self.bundleText = bundleText
        name = "\(Self.word) \(route)"
    }

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        let some = TokenRate(Amount(millisatoshis: 1))
        let input = settings.value("input", or: nil, placeholder: some, expected: TokenRate.form, TokenRate.init)
        let output = settings.value("output", or: nil, placeholder: some, expected: TokenRate.form, TokenRate.init)
        let text = settings.value("bundle", or: nil, placeholder: "1M", expected: Self.bundleForm) { text in
            TokenCount(parsing: text) != nil || Amount(parsing: text) != nil ? text : nil
        }
        let price = Self.price(ofBundle: text, input, output)
        if price == .zero || price > Amount(millisatoshis: Amount.maximum.millisatoshis / 2) {
            settings.note(
                settings.error(at: "bundle", "costs \(price) at these rates, which is no amount that can be paid")
            )
        }
        let reserve = settings.value(
            "reserve",
            or: TokenCount(Self.usualReserve),
            placeholder: TokenCount(1),
            expected: TokenCount.form
        ) { TokenCount(parsing: $0) }
        if TokenRate.cost(of: 0, at: input, and: reserve.count, at: output) > price {
            settings.note(
                settings.error(at: "bundle", "should cover what is reserved for a request: \(reserve) tokens of output")
            )
        }
        let body = settings.byteCount("body", or: Self.usualBody)
        self.init(
            Terms(input: input, output: output, bundle: price, reserve: reserve.count, bodyLimit: body),
            route: services.route,
            store: services.store,
            logger: services.logger,
            bundleText: text
        )
    }

    /// Of a number of tokens one half is input and the other output.
    package static func price(ofBundle text: String, _ input: TokenRate, _ output: TokenRate) -> Amount {
        if let amount = Amount(parsing: text) { return amount }
        let count = TokenCount(parsing: text)?.count ?? 0
        return TokenRate.cost(of: count - count / 2, at: input, and: count / 2, at: output)
    }

    package var summary: String {
        let tokens = TokenCount(parsing: bundleText).map { " (\($0) tokens)" } ?? ""
        return "\(terms.input) in, \(terms.output) out for a token, bundles of \(terms.bundle)\(tokens)"
    }

    package var bundlePrice: Amount { terms.bundle }

    package func price(of exchange: Exchange) -> Eventually<Amount> { .now(terms.bundle) }

    package var meter: (any UsageMeter)? { self }
    package var isAlwaysMetered: Bool { true }

    // MARK: Before

    package func sessionOffer(in exchange: Exchange) throws -> Eventually<SessionOffer?> {
        estimate(of: exchange).map { [self] estimate in
            let unit = max(cost(of: estimate), Amount(millisatoshis: 1_000))
            return SessionOffer(unit: unit, deposit: max(terms.bundle, unit))
        }.recover { [limit = terms.bodyLimit] error in
            guard error is BodyTooLarge else { throw error }
            throw Reply(.contentTooLarge, detail: "requests of up to \(limit) are sold")
        }
    }

    package func admit(_ account: MeterAccount, in exchange: Exchange) throws -> Eventually<MeterVerdict> {
        try estimate(of: exchange).flatMap { [self] estimate in
            guard account.form != .session else {
                // It was taken for the request that its challenge was made for, which may have asked for less.
                guard cost(of: estimate) <= account.taken else {
                    let cost = cost(of: estimate)
                    return .now(.exhausted(price: nil, reason: "it may cost \(cost), and \(account.taken) were taken"))
                }
                askForUsage(in: exchange)
                let taken = account.taken.millisatoshis
                return .now(.allowed(MeterGrant(reserved: taken, note: estimate.note)))
            }
            return try capacity(of: account.payment, in: exchange).map { [self] capacity in
                let reserved = cost(of: estimate)
                guard reserved <= capacity else {
                    throw Reply(
                        .badRequest,
                        detail:
                            "the request may use \(estimate.input + estimate.output) tokens, which cost \(reserved),"
                            + " and a bundle is worth \(capacity): bound its output, or send less"
                    )
                }
                askForUsage(in: exchange)
                return .allowed(
                    MeterGrant(
                        reserved: reserved.millisatoshis,
                        bundle: MeterBundle(capacity: capacity),
                        note: estimate.note
                    )
                )
            }
        }
    }

    /// What was paid. Of an invoice that nobody noted, as when a process died with it, what a bundle costs now.
    private func capacity(of payment: PaymentHash, in exchange: Exchange) -> Eventually<Amount> {
        if let known = capacities.withLockedValue({ $0[payment] }) { return .now(known) }
        return exchange.later { [self] in
            let capacity = try await store.invoice(payment)?.invoice.amount ?? terms.bundle
            capacities.withLockedValue { capacities in
                if capacities.count >= Self.mostKnown { capacities.removeAll() }
                capacities[payment] = capacity
            }
            return capacity
        }
    }

    private func estimate(of exchange: Exchange) -> Eventually<TokenEstimate> {
        if let known = exchange[TokenEstimate.self] { return .now(known) }
        guard exchange.request.body != .none else {
            // What asks nothing of a model costs what its response says, if it does.
            return .now(TokenEstimate(input: 0, output: 0))
        }
        let limit = terms.bodyLimit
        return exchange.readJSON(upTo: limit).flatMap {
            exchange.body(upTo: limit).map { [terms = self.terms] body in
                let estimate = TokenEstimate(
                    of: exchange[RequestJSON.self]?.value,
                    byteCount: UInt64(body.readableBytes),
                    usual: terms.reserve
                )
                exchange[TokenEstimate.self] = estimate
                exchange[RequestBytes.self] = RequestBytes(bytes: body)
                return estimate
            }
        }
    }

    /// The body, where it is here already.
    private struct RequestBytes {
        let bytes: ByteBuffer
    }

    private func askForUsage(in exchange: Exchange) {
        // What a stage has put in its place stays: the credential of a call stood in the body.
        guard exchange.edits.body == nil, exchange[RequestJSON.self]?.value != nil,
            let body = exchange[RequestBytes.self]?.bytes,
            let asking = UsageRequest.asking(body, path: exchange.request.path)
        else { return }
        exchange.forward(asking)
    }

    private func cost(of estimate: TokenEstimate) -> Amount {
        TokenRate.cost(of: estimate.input, at: terms.input, and: estimate.output, at: terms.output)
    }

    // MARK: After

    package func cost(of usage: MeteredUsage) async -> MeteredCost {
        .amount(amount(of: usage))
    }

    package func amount(of usage: MeteredUsage) -> Amount {
        let estimate = TokenEstimate(note: usage.reservation.note) ?? TokenEstimate(input: 0, output: terms.reserve)
        let bill = TokenBill(for: usage.response, reserved: estimate, input: terms.input, output: terms.output)
        if !bill.isTold, usage.response.isComplete, estimate.output > 0 {
            logger.warning(
                "a response does not say what it has used; it costs what was reserved",
                metadata: ["meter": "\(name)", "path": "\(usage.reservation.path)"]
            )
        }
        return bill.amount
    }
}
