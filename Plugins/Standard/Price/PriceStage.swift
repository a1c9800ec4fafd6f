package import GatewayKit
internal import HTTPTypes
internal import Logging

/// Lets through what is paid for or free; asks for payment of anything else, by every scheme of the route's `auth`.
///
/// A paid request asks neither the pricer nor the node: with the node down, what was sold is still served.
package struct PriceStage: StagePlugin {
    package static let word = "price"
    package static let follows = ["auth"]

    package static let defaultExpiry = Duration.seconds(3_600)

    private let pricer: any Pricer
    private let expiry: Duration
    private let invoices: InvoiceMaker

    /// - Parameter expiry: how long an offer and its invoice stand.
    package init(_ pricer: any Pricer, expiry: Duration = Self.defaultExpiry, invoices: InvoiceMaker) {
        self.pricer = pricer
        self.expiry = expiry
        self.invoices = invoices
    }

    /// `10 sat`, or a pricer as plugins are named. Beside `use` stands one key of the stage's own, for every pricer:
    /// `expiry`.
    package init(from settings: inout PolicyReader, _ services: Services) throws {
        let whole = settings.whole()
        var pricer: (any Pricer)?
        var expiry = Self.defaultExpiry
        let form = "an amount such as 10 sat, or a pricer such as { use: static, amount: 10 sat }"
        switch whole.content {
        case .text, .reference:
            pricer = settings.value(of: whole, named: "'price'", expected: form) { text in
                Amount(parsing: text).map { StaticPricer($0) }
            }
        case .map(let entries) where settings.contains("use"):
            expiry = settings.duration("expiry", or: Self.defaultExpiry)
            // An hour is usual; nodes refuse invoices that stand longer than a year.
            if expiry < .seconds(1) || expiry > .seconds(365 * 86_400) {
                settings.note(settings.error(at: "expiry", "should be from 1s to 365d"))
            }
            let own = PolicyNode(.map(entries.filter { $0.key != "expiry" }), at: whole.place)
            pricer = services.pricer(own, in: settings)
        case .map(let entries) where entries.count == 1 && !settings.contains("amount"):
            pricer = services.pricer(whole, in: settings)
        case .map, .list, .empty:
            settings.note(whole.place, "'price' should be \(form)")
        }
        self.init(
            pricer ?? StaticPricer(.zero),
            expiry: expiry,
            invoices: InvoiceMaker(
                lightning: services.lightning,
                store: services.store,
                time: services.time,
                budget: services.invoiceBudget
            )
        )
    }

    package var summary: String {
        let price = (pricer as? StaticPricer)?.amount.description ?? PluginWord.of(pricer) ?? "asked for"
        return expiry == Self.defaultExpiry ? price : "\(price), offers stand \(expiry.formattedForPolicy)"
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        if exchange.credential != nil, exchange.unresolvedRejection == nil { return .now(.next) }
        let price = try pricer.price(of: exchange)
        // Not `flatMap` here: its closure would be the only allocation of a free request.
        if case .now(let amount) = price { return try sell(for: amount, in: exchange) }
        return try price.flatMap { try sell(for: $0, in: exchange) }
    }

    private func sell(for amount: Amount, in exchange: Exchange) throws -> Eventually<Decision> {
        if amount == .zero {
            // Nothing is sold, so nothing was refused, and a credential that nobody has checked stands for nothing.
            if exchange.unresolvedRejection != nil {
                exchange.credential = nil
                exchange.rejection = nil
            }
            return .now(.next)
        }
        guard !exchange.schemes.isEmpty else {
            return .now(.reply(Reply(.internalServerError, detail: "this route has a price and no way to pay it")))
        }
        let quote = Quote(amount: amount, expiresIn: expiry) { [invoices, expiry] in
            invoices.invoice(for: amount, expiresIn: expiry, in: exchange)
        }
        do {
            return try challenges(for: quote, from: 0, in: exchange, after: []).map { lines in
                .reply(Self.paymentRequired(of: amount, lines, in: exchange))
            }.recover { error in
                .reply(try Self.cannotSell(error, in: exchange))
            }
        } catch {
            return .now(.reply(try Self.cannotSell(error, in: exchange)))
        }
    }

    /// The lines of all schemes, one scheme after the other: in a fixed order, and with one invoice for all of them.
    private func challenges(
        for quote: Quote,
        from first: Int,
        in exchange: Exchange,
        after earlier: [String]
    ) throws -> Eventually<[String]> {
        var lines = earlier
        for index in first..<exchange.schemes.count {
            let challenge = try exchange.schemes[index].challenge(for: quote, in: exchange)
            guard case .now(let made) = challenge else {
                let before = lines
                return try challenge.flatMap { made in
                    try challenges(for: quote, from: index + 1, in: exchange, after: before + made.lines)
                }
            }
            lines += made.lines
        }
        return .now(lines)
    }

    private static func paymentRequired(of amount: Amount, _ lines: [String], in exchange: Exchange) -> Reply {
        var fields = Fields()
        for line in lines {
            fields.add(.wwwAuthenticate, line)
        }
        fields.add(.cacheControl, "no-store")
        let problem =
            exchange.unresolvedRejection?.problem
            ?? Problem.payment(
                "payment-required",
                title: "Payment Required",
                detail: "'\(exchange.route.service)' costs \(amount)"
            )
        return Reply(HTTPResponse.Status(code: 402, reasonPhrase: "Payment Required"), problem, fields: fields)
    }

    /// There is no 402 without an invoice. The client learns when to come back and nothing about the node.
    ///
    /// - Throws: a `Reply`, when a scheme gave one of its own.
    private static func cannotSell(_ error: any Error, in exchange: Exchange) throws -> Reply {
        if let reply = error as? Reply { throw reply }
        let isBusy = error is InvoiceMaker.Busy
        exchange.logger.log(
            level: isBusy ? .warning : .error,
            "cannot ask for a payment",
            metadata: ["reason": "\(error)"]
        )
        var reply = Reply(.serviceUnavailable, detail: "payments cannot be taken right now; please try again later")
        reply.fields.add(.retryAfter, isBusy ? "1" : "5")
        return reply
    }
}
