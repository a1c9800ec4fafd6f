internal import HTTPTypes

/// Knows what bitcoin costs in other currencies. Asked on the path of a request: it answers from memory, and from any
/// thread.
public protocol ExchangeRates: Startable {
    /// Those that it may know a rate for, in the order of their codes.
    var currencies: [Currency] { get }

    func rate(of currency: Currency) throws(RateFailure) -> ExchangeRate

    /// What an operator is told, one for each currency.
    var states: [RateState] { get }
}

/// Why there is no rate to sell by. The text is for the operator.
public struct RateFailure: Error, Hashable, CustomStringConvertible {
    public enum Reason: String, Hashable, Sendable {
        /// Nobody has told one, or too few.
        case missing
        /// What was told is too old.
        case stale
        /// The sources differ by too much.
        case apart
    }

    public let reason: Reason
    public let description: String

    public init(_ reason: Reason, _ description: String) {
        self.reason = reason
        self.description = description
    }

    /// The answer to a request whose price nobody can say: it learns when to come back, and nothing about the sources.
    package static var reply: Reply {
        var reply = Reply(
            .serviceUnavailable,
            Problem.payment(
                "internal-payment-error",
                title: "Internal Payment Error",
                detail: "the price cannot be told right now; please try again later"
            )
        )
        reply.fields.add(.retryAfter, "10")
        return reply
    }
}

/// What is known of one currency's rate.
public struct RateState: Hashable, Sendable, Codable {
    public struct Source: Hashable, Sendable, Codable {
        public let name: String
        /// The last one that it told; not there before the first.
        public let rate: String?
        /// Seconds since it was told; not there for one that never ages.
        public let age: Int64?
        /// Why the last attempt to ask failed.
        public let failure: String?

        public init(name: String, rate: String?, age: Int64?, failure: String?) {
            self.name = name
            self.rate = rate
            self.age = age
            self.failure = failure
        }
    }

    public let currency: String
    /// The one that is sold by.
    public let rate: String?
    /// Why there is none.
    public let refusal: String?
    public let sources: [Source]

    public init(currency: String, rate: String?, refusal: String?, sources: [Source]) {
        self.currency = currency
        self.rate = rate
        self.refusal = refusal
        self.sources = sources
    }
}

/// For policies without `rates`.
package struct NoExchangeRates: ExchangeRates {
    package let currencies: [Currency] = []
    package let states: [RateState] = []

    package init() {}

    package func rate(of currency: Currency) throws(RateFailure) -> ExchangeRate {
        throw RateFailure(.missing, "the policy has no 'rates'")
    }
}
