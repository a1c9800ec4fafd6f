internal import GRPCCore
internal import GatewayRPC
package import Logging
internal import NIOConcurrencyHelpers

/// Tells a price server of the offers that were made for its prices. No answer to a client waits for that.
package final class OfferNotices: Sendable {
    /// Notices that may be under way at the same time; further ones are lost.
    package static let usualLimit = 256

    private struct State {
        var open = 0
        /// It has said that it does not know the call: it is spared further ones.
        var isUnknown = false
    }

    private let source: any PriceSource
    private let limit: Int
    private let counts: PriceCounts
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    package init(
        _ source: any PriceSource,
        limit: Int = OfferNotices.usualLimit,
        counts: PriceCounts,
        logger: Logger
    ) {
        self.source = source
        self.limit = limit
        self.counts = counts
        self.logger = logger
    }

    /// Whether an offer would be told now: where not, there is nothing to prepare either.
    package var areWanted: Bool { state.withLockedValue { !$0.isUnknown } }

    /// Returns at once.
    package func tell(_ offer: PricedOffer) {
        let step = state.withLockedValue { state -> Step in
            if state.isUnknown { return .spare }
            guard state.open < limit else { return .lose }
            state.open += 1
            return .send
        }
        switch step {
        case .spare: break
        case .lose: counts.add(.offersLost)
        case .send: Task { await send(offer) }
        }
    }

    private enum Step {
        case send, lose, spare
    }

    private func send(_ offer: PricedOffer) async {
        do throws(ServiceFailure) {
            try await source.tell(offer)
            state.withLockedValue { $0.open -= 1 }
            counts.add(.offersTold)
        } catch {
            let isUnknown = error.reason == .refused(.unimplemented)
            state.withLockedValue { state in
                state.open -= 1
                if isUnknown { state.isUnknown = true }
            }
            if isUnknown {
                return logger.debug(
                    "a price server does not want to hear of offers",
                    metadata: ["server": "\(source.name)"]
                )
            }
            counts.add(.offersLost)
            logger.warning("a price server was not told of an offer", metadata: ["reason": "\(error)"])
        }
    }
}
