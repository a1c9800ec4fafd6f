internal import GatewayKit
internal import HTTPTypes
internal import Logging

// What becomes of what was taken from a session, with the answer, and answers that are given again.
extension SessionIntent {
    /// Where the price is metered, what was taken is reconciled with what was used, by whoever reserved it.
    private func giveBack(_ use: SessionUse, in exchange: Exchange) {
        guard use.isTaken, !exchange.isReserved else { return }
        use.isTaken = false
        book.giveBack(use.request.price, to: use.id)
    }

    func giveBack(in exchange: Exchange) {
        guard let use = exchange[SessionUse.self] else { return }
        giveBack(use, in: exchange)
    }

    func meterAccount(in exchange: Exchange) -> MeterAccount? {
        guard let use = exchange[SessionUse.self], use.isTaken else { return nil }
        return MeterAccount(form: .session, id: use.id.bytes, payment: use.id, taken: use.request.price)
    }

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let use = exchange[SessionUse.self] else { return }
        if let repeated = use.repeated { return restore(repeated, in: &response) }
        guard use.isDone else { return }
        defer { record(response, of: use, in: exchange) }
        if let secret = use.secret {
            // Whatever the answer: without it the client could neither go on nor end the session.
            response.fields.set(.paymentSessionSecret, secret.hex)
            CacheControl.makePrivate(&response)
        }
        if terms.chargeOn == .success, response.status.code >= 500 || CallEnd.hasFailed(response.fields) {
            giveBack(use, in: exchange)
        }
        guard Self.isSuccess(response) else { return }
        let receipt = PaymentReceipt(
            method: MPPScheme.method,
            reference: use.id.description,
            at: time.now(),
            challengeID: use.challengeID,
            members: use.receiptMembers + (exchange[QuotedPrice.self].map { [$0.receiptMember] } ?? [])
        )
        response.fields.set(.paymentReceipt, receipt.field)
        CacheControl.makePrivate(&response)
        if let metered = exchange[MeteredSession.self], !exchange.isReserved {
            MeteredResponse.meter(response, of: exchange, metered, patience: .init(topUp: terms.session.topUpTimeout))
        } else if terms.chargeOn == .success, use.isTaken, CallEnd.tells(response, of: exchange) {
            exchange.addResponseFilter(
                CallEnd { [self, weak exchange] in
                    if let exchange { giveBack(use, in: exchange) }
                    return .now(())
                }
            )
        }
    }

    /// A refusal of gRPC is a 200, too.
    private static func isSuccess(_ response: ResponseHead) -> Bool {
        (200...299).contains(response.status.code) && !CallEnd.hasFailed(response.fields)
    }

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let use = exchange[SessionUse.self] else { return }
        keep(use, outcome, exchange.logger)
        guard exchange[MeteredSession.self] != nil else { return }
        if exchange.wasRefusedHere || Self.wasNotServed(outcome, chargeOn: terms.chargeOn)
            || Self.reachedNobody(exchange, outcome)
        {
            giveBack(use, in: exchange)
        }
        book.endUse(of: use.id)
    }

    /// True when the client left, or the gateway closed, before the request went anywhere.
    private static func reachedNobody(_ exchange: Exchange, _ outcome: Outcome) -> Bool {
        switch outcome.end {
        case .clientLeft, .drained: !exchange.wasForwarded && outcome.status == nil
        case .answered, .replied, .upstreamFailed, .cut: false
        }
    }

    /// True when the request never left the gateway, and with `charge-on: success` also when no answer came.
    private static func wasNotServed(_ outcome: Outcome, chargeOn: MPPTerms.ChargeOn) -> Bool {
        switch outcome.end {
        case .upstreamFailed(.unreachable), .upstreamFailed(.busy): true
        case .upstreamFailed, .drained: chargeOn == .success && outcome.status == nil
        case .answered, .replied, .clientLeft, .cut: false
        }
    }

    // MARK: Answering again

    /// What a request gets whose credential was let through before, as far as that is known here; `nil` when it is to be
    /// served, if the ledger says so, and its answer kept.
    func earlierAnswer(to use: SessionUse, in exchange: Exchange) -> Decision? {
        guard use.payload.action.isServed, terms.replayLimit.bytes > 0, exchange.hasRepeatableAnswer else { return nil }
        let key = IdempotencyKey(credential: use.action.fingerprint)
        let reservation = AnswerReservation(key, of: exchange.request, until: use.action.end)
        switch mint.answers.find(use.challengeID, reservation, at: time.now()) {
        case .reserved:
            use.reservation = reservation
            return nil
        case .underWay:
            var reply = Reply(.conflict, detail: "a request with this credential is being served")
            reply.fields.add(.retryAfter, "1")
            return .reply(reply)
        case .answer(let answer): return repeated(answer, of: use)
        // Another credential of the challenge, or another request: what becomes of that says the ledger.
        case .otherKey, .conflict: return nil
        }
    }

    func repeated(_ answer: AnswerShelf.Answer, of use: SessionUse) -> Decision {
        use.repeated = answer.fields
        return .reply(Reply(answer.status, fields: answer.fields, body: .bytes(answer.body)))
    }

    /// As it was, with the secret: who presents the whole credential that opened the session is who opened it.
    private func restore(_ fields: Fields, in response: inout ResponseHead) {
        if let receipt = fields[.paymentReceipt] { response.fields.set(.paymentReceipt, receipt) }
        if let secret = fields[.paymentSessionSecret] { response.fields.set(.paymentSessionSecret, secret) }
    }

    /// Of a stream of events nothing is kept: it is long, and its client goes on with another credential. So does one whose
    /// request failed, unless the answer tells it the secret.
    private func record(_ response: ResponseHead, of use: SessionUse, in exchange: Exchange) {
        guard use.reservation != nil else { return }
        guard !response.isEventStream, response.status.code < 500 || use.secret != nil else { return drop(use) }
        let recording = AnswerRecording(response, limit: terms.replayLimit, on: mint.answers)
        use.recording = recording
        exchange.addResponseWatch(recording)
    }

    private func keep(_ use: SessionUse, _ outcome: Outcome, _ logger: Logger) {
        guard let reservation = use.reservation else { return }
        guard outcome.isComplete, let answer = use.recording?.answer else { return drop(use) }
        use.reservation = nil
        let now = time.now()
        mint.answers.keep(answer, for: use.challengeID, at: now)
        // The answers to all other requests would cost the store more than the sessions do.
        guard case .open = use.payload.action else { return }
        let kept = KeptAnswer(answer, for: reservation)
        Task { [mint, store, challengeID = use.challengeID] in
            await mint.archive.keep(kept, to: challengeID, at: now, in: store, logger: logger)
        }
    }

    func drop(_ use: SessionUse) {
        guard use.reservation != nil else { return }
        use.reservation = nil
        mint.answers.drop(use.challengeID)
    }
}
