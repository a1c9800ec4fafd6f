internal import GatewayKit
internal import HTTPTypes
internal import Logging

// What becomes of a payment that is taken, with the answer.
extension ChargeIntent {
    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let charge = exchange[Charge.self] else { return }
        forgetCookie(of: charge, &response)
        if case .taken(let taken) = charge.phase, charge.isHeld {
            end(taken, charge, with: &response, of: exchange)
        } else if case .taken(let taken) = charge.phase {
            if Self.isGivenBack(response, of: exchange, chargeOn: terms.chargeOn) {
                // Before the client learns of it, so that it may come again at once, to any instance.
                exchange.holdResponse(until: release(taken, charge, of: exchange))
            } else {
                exchange.holdResponse(until: mark(taken, charge, of: exchange))
                if Self.isSuccess(response) { addReceipt(to: &response, charge, in: exchange) }
                watchEnd(of: charge, response, in: exchange)
            }
        } else if case .drawing = charge.phase {
            if Self.isSuccess(response) { addReceipt(to: &response, charge, in: exchange) }
            return
        } else if charge.isRepeated, Self.isSuccess(response) {
            // As it was: the payment was taken then.
            addReceipt(to: &response, charge, in: exchange)
        }
        if charge.reservation != nil {
            let recording = AnswerRecording(response, limit: terms.replayLimit, on: mint.answers)
            charge.recording = recording
            exchange.addResponseWatch(recording)
        }
    }

    /// The cookie of a page opens its route once.
    private func forgetCookie(of charge: Charge, _ response: inout ResponseHead) {
        if case .drawing = charge.phase { return }
        guard let cookie = charge.cookie, charge.isUsedUp || Self.isServed(response) else { return }
        response.fields.add(
            FieldName(.setCookie),
            PageCookie.line(name: cookie, value: "", seconds: 0, isSecure: false)
        )
    }

    /// True for an answer that uses nothing up: the upstream cannot have seen the request, or did not serve it and
    /// `charge-on` asks for that.
    private static func isGivenBack(
        _ response: ResponseHead,
        of exchange: Exchange,
        chargeOn: MPPTerms.ChargeOn
    ) -> Bool {
        guard !exchange.wasRefusedHere else { return true }
        switch exchange.upstreamFailure {
        case .unreachable, .busy: return true
        case .timeout, .closed, .malformed: return chargeOn == .success
        case nil: return chargeOn == .success && (response.status.code >= 500 || CallEnd.hasFailed(response.fields))
        }
    }

    static func isSuccess(_ response: ResponseHead) -> Bool {
        // A refusal of gRPC is a 200, too.
        (200...299).contains(response.status.code) && !CallEnd.hasFailed(response.fields)
    }

    /// True for an answer that is no error. Neither is a redirection, which may name what was paid for, nor 304, which says
    /// that the client's copy is good.
    static func isServed(_ response: ResponseHead) -> Bool {
        isSuccess(response) || (300...399).contains(response.status.code) || response.status.code == 101
    }

    /// A call of gRPC says at the end of its response whether it was served.
    private func watchEnd(of charge: Charge, _ response: ResponseHead, in exchange: Exchange) {
        guard terms.chargeOn == .success, CallEnd.tells(response, of: exchange) else { return }
        let end = CallEnd { [self, weak exchange] in
            guard let exchange else { return .now(()) }
            return callAnswered(isError: true, in: exchange)
        }
        charge.callEnd = end
        exchange.addResponseFilter(end)
    }

    func addReceipt(to response: inout ResponseHead, _ charge: Charge, in exchange: Exchange) {
        let receipt = PaymentReceipt(
            method: MPPScheme.method,
            reference: charge.payment.description,
            at: time.now(),
            challengeID: charge.challengeID,
            members: exchange[QuotedPrice.self].map { [$0.receiptMember] } ?? []
        )
        response.fields.set(.paymentReceipt, receipt.field)
        CacheControl.makePrivate(&response)
    }

    /// Tells the ledger that the payment buys this answer, which may not go out before.
    ///
    /// - Returns: fails with what the client gets in its place.
    func mark(_ taken: TakenCharge, _ charge: Charge, of exchange: Exchange) -> Eventually<Void> {
        charge.phase = .marking(taken)
        let logger = exchange.logger
        return exchange.later { [ledger] in
            guard try await ledger.serve(taken) else {
                throw Reply(.conflict, detail: "the payment was used by another request, which was faster")
            }
        }.map {
            if case .abandoned(isUsedUp: false) = charge.phase {
                // Nothing of the answer went out.
                charge.phase = .free
                return releaseLater(taken, logger)
            }
            ledger.end(taken)
            charge.phase = .served(taken)
        }.recover { error in
            charge.phase = .free
            drop(charge)
            if error is Reply {
                ledger.end(taken)
                throw error
            }
            logger.error("cannot take a payment", metadata: ["reason": "\(error)"])
            // It gave nothing, whatever the ledger will say.
            releaseLater(taken, logger)
            throw Self.unmarked
        }
    }

    static var unmarked: Reply {
        var problem = Problem.payment(
            PaymentProblem.internalPaymentError.rawValue,
            title: PaymentProblem.internalPaymentError.title,
            detail: "the payment could not be taken; the same credential may be sent again"
        )
        problem.members.append(.init("reason", "unavailable"))
        var reply = Reply(.serviceUnavailable, problem)
        reply.fields.add(.retryAfter, "5")
        return reply
    }

    /// The head has gone out and the payment is marked, but nothing of the call's answer was told.
    func callAnswered(isError: Bool, in exchange: Exchange) -> Eventually<Void> {
        guard isError, terms.chargeOn == .success, let charge = exchange[Charge.self],
            case .served(let taken) = charge.phase
        else { return .now(()) }
        return release(taken, charge, of: exchange)
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let charge = exchange[Charge.self] else { return }
        // The upstream may have done what was asked for, which `charge-on: request` is about.
        let isUsedUp = terms.chargeOn == .request && exchange.wasForwarded
        switch charge.phase {
        case .taken(let taken):
            charge.phase = .free
            if charge.isHeld {
                holds.giveBack(taken)
            } else if isUsedUp {
                markLater(taken, exchange.logger)
            } else {
                releaseLater(taken, exchange.logger)
            }
        case .marking:
            charge.phase = .abandoned(isUsedUp: isUsedUp)
        case .served(let taken):
            // It broke off before its first message.
            if case .upstreamFailed = outcome.end, charge.callEnd?.hasMessage == false {
                charge.phase = .free
                releaseLater(taken, exchange.logger)
            }
        case .free, .drawing, .abandoned:
            break
        }
        guard let reservation = charge.reservation else { return }
        if outcome.isComplete, let answer = charge.recording?.answer {
            charge.reservation = nil
            keep(KeptAnswer(answer, for: reservation), to: charge.challengeID, exchange.logger)
        } else {
            drop(charge)
        }
    }

    private func keep(_ kept: KeptAnswer, to challengeID: String, _ logger: Logger) {
        let now = time.now()
        mint.answers.keep(kept.answer, for: challengeID, at: now)
        Task { [mint, store] in
            await mint.archive.keep(kept, to: challengeID, at: now, in: store, logger: logger)
        }
    }

    /// Gives the payment back; the answer may go out when that is done, or has failed.
    func release(_ taken: TakenCharge, _ charge: Charge, of exchange: Exchange) -> Eventually<Void> {
        charge.phase = .free
        drop(charge)
        let logger = exchange.logger
        return exchange.later { [ledger] in
            if await ledger.releaseOnce(taken, logger: logger) { return }
            releaseLater(taken, logger)
        }
    }

    func releaseLater(_ taken: TakenCharge, _ logger: Logger) {
        ledger.giveUp(taken)
        Task { [ledger] in await ledger.release(taken, logger: logger) }
    }

    /// For an answer that nobody waits for. Where it fails, the payment is free again after a while.
    private func markLater(_ taken: TakenCharge, _ logger: Logger) {
        Task { [ledger] in
            do {
                _ = try await ledger.serve(taken)
            } catch {
                logger.error("cannot take a payment", metadata: ["reason": "\(error)"])
            }
            ledger.end(taken)
        }
    }
}
