internal import GRPCCore
package import GatewayKit
package import GatewayRPC
internal import NIOConcurrencyHelpers

/// Answers in the place of every price server of a policy that is only tried. What is made of an answer (`max`, `cache`,
/// `fallback`) is what would be made of the server's.
package final class ScriptedPrices: PriceSource, UsageSource, Startable {
    package enum Answer: Sendable, Hashable {
        /// Nobody has said what.
        case none
        /// Whatever it is.
        case satoshis(Int64)
        case unreachable
        case slow
        /// A status of the server's own.
        case refused
    }

    private let answer = NIOLockedValueBox(Answer.none)

    package init() {}

    /// The one of a policy that is tried; `nil` where it is not.
    package static func part(of parts: SharedParts) -> ScriptedPrices? {
        parts.all.lazy.compactMap { $0 as? ScriptedPrices }.first
    }

    /// What is answered from now on.
    package func script(_ answer: Answer) {
        self.answer.withLockedValue { $0 = answer }
    }

    package var name: String { "the price server" }

    package func satoshis(for question: PriceQuestion) throws(ServiceFailure) -> Int64 {
        switch answer.withLockedValue({ $0 }) {
        case .none: throw ServiceFailure(.offline, of: name, "a test says by 'pricer: 10 sat' what it would answer")
        case .satoshis(let count): return count
        case .unreachable: throw ServiceFailure(.unavailable, of: name)
        case .slow: throw ServiceFailure(.timedOut, of: name)
        case .refused: throw ServiceFailure(.refused(.invalidArgument), of: name)
        }
    }

    package func tell(_ offer: PricedOffer) throws(ServiceFailure) {}

    // MARK: Metering

    package func book(_ offer: PricedOffer) throws(ServiceFailure) {}

    /// Everything that is paid for, unless it does not answer.
    package func authorise(
        _ request: Pricesrpc_AuthorizeRequestRequest
    ) throws(ServiceFailure) -> Pricesrpc_AuthorizeRequestResponse {
        var response = Pricesrpc_AuthorizeRequestResponse()
        guard case .satoshis = answer.withLockedValue({ $0 }) else { throw ServiceFailure(.unavailable, of: name) }
        response.allowed = true
        return response
    }

    package func report(_ usage: Pricesrpc_ReportUsageRequest) throws(ServiceFailure) {}

    package func quote(
        _ request: Pricesrpc_QuoteSessionRequest
    ) throws(ServiceFailure) -> Pricesrpc_QuoteSessionResponse {
        throw ServiceFailure(.refused(.unimplemented), of: name)
    }

    package func settle(_ usage: Pricesrpc_SettleSessionRequest) throws(ServiceFailure) -> Int64 {
        throw ServiceFailure(.refused(.unimplemented), of: name)
    }
}
