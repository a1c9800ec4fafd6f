internal import GatewayKit
internal import HTTPTypes
internal import Logging

// What becomes of a payment that is held, with the answer.
extension ChargeIntent {
    /// Where a page's payment may have been held, and gone back after the page had its cookie.
    var mayHaveGoneBack: Bool { terms.chargeOn == .success || lightning.capabilities.contains(.hold) }

    /// True for a payment that has arrived for good.
    func hasArrived(_ payment: PaymentHash) async throws -> Bool {
        if settlements.knows(payment) { return true }
        if try await store.invoice(payment)?.state == .settled { return true }
        return try await lightning.isSettled(payment)
    }

    /// Takes a payment whose invoice was made for one that is held; `nil`: it was not, or that came to its end.
    func takingHeld(_ payment: PaymentHash, by credential: CredentialID) async throws -> Found? {
        guard let state = try await holds.state(of: payment) else { return nil }
        guard state == .held || state == .settled else { return .unsettled }
        let taking = try await ledger.take(payment, by: credential)
        guard case .taken(let taken) = taking, state == .held else { return .taking(taking, isHeld: false) }
        // Nobody gives it back from now on; somebody may have since it was asked for.
        do {
            switch try await holds.state(of: payment) {
            case .held:
                holds.serve(taken)
                return .taking(taking, isHeld: true)
            case .settled:
                return .taking(taking, isHeld: false)
            case .open, .ended, nil:
                await holds.free(taken)
                return .unsettled
            }
        } catch {
            await holds.free(taken)
            throw error
        }
    }

    /// Takes it for an answer that is no error, or a WebSocket that was opened, before that goes out, and gives it back for
    /// any other.
    func end(_ taken: TakenCharge, _ charge: Charge, with response: inout ResponseHead, of exchange: Exchange) {
        guard Self.isServed(response), !exchange.wasRefusedHere, exchange.upstreamFailure == nil else {
            charge.phase = .free
            drop(charge)
            holds.giveBack(taken)
            return
        }
        exchange.holdResponse(until: settleHeld(taken, charge, of: exchange))
        if response.status.code < 300 { addReceipt(to: &response, charge, in: exchange) }
    }

    /// First at the node, then in the ledger: a crash in between leaves a payment that has arrived and bought nothing yet, which
    /// its page may present again.
    private func settleHeld(_ taken: TakenCharge, _ charge: Charge, of exchange: Exchange) -> Eventually<Void> {
        charge.phase = .marking(taken)
        let logger = exchange.logger
        let payment = taken.payment
        return exchange.later { [holds] in try await holds.settle(taken) }.recover { error in
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
