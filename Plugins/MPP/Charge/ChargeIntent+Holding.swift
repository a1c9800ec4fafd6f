internal import GatewayKit
internal import HTTPTypes
internal import Logging

// What becomes of a payment that is held, with the answer.
extension ChargeIntent {
    /// Takes it for an answer 2xx, or a WebSocket that was opened, before that goes out, and gives it back for any other.
    func end(_ taken: TakenCharge, _ charge: Charge, with response: inout ResponseHead, of exchange: Exchange) {
        let isServed = Self.isSuccess(response) || response.status.code == 101
        guard isServed, !exchange.wasRefusedHere, exchange.upstreamFailure == nil else {
            exchange.holdResponse(until: release(taken, charge, of: exchange))
            holds.giveBack(taken.payment)
            return
        }
        exchange.holdResponse(until: settleHeld(taken, charge, of: exchange))
        addReceipt(to: &response, charge, in: exchange)
    }

    /// First at the node, then in the ledger: a crash in between leaves a payment that has arrived and bought nothing yet, which
    /// its page may present again.
    private func settleHeld(_ taken: TakenCharge, _ charge: Charge, of exchange: Exchange) -> Eventually<Void> {
        charge.phase = .marking(taken)
        let logger = exchange.logger
        let payment = taken.payment
        return exchange.later { [holds] in try await holds.settle(payment) }.recover { error in
            logger.error("cannot take a held payment", metadata: ["payment": "\(payment)", "reason": "\(error)"])
            charge.phase = .free
            drop(charge)
            // Whether it is taken, the node knows when it is presented again.
            releaseLater(taken, logger)
            throw Self.unmarked
        }.flatMap {
            if case .abandoned = charge.phase {
                charge.phase = .free
                releaseLater(taken, logger)
                return .now(())
            }
            return mark(taken, charge, of: exchange)
        }
    }
}
