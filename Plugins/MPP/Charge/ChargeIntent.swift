internal import Crypto
internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// `charge`: one payment, one request (draft-lightning-charge).
struct ChargeIntent: PaymentIntent {
    let name = "charge"

    /// How long a node that knows of the preimage may take to call the payment settled.
    private static let nodePatience: [Duration] = [
        .zero, .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1_500),
    ]

    private let terms: MPPTerms
    private let mint: ChallengeMint
    private let store: any Store
    private let ledger: ChargeLedger
    private let lightning: any LightningBackend
    private let time: TimeSource

    init(_ terms: MPPTerms, _ services: Services, _ mint: ChallengeMint) {
        self.terms = terms
        self.mint = mint
        store = services.store
        lightning = services.lightning
        time = services.time
        ledger = ChargeLedger(store: services.store, time: services.time, attempts: mint.attempts)
    }

    // MARK: Selling

    func offer(for quote: Quote, in exchange: Exchange) -> Eventually<PaymentOffer> {
        let time = time.now()
        return quote.invoice().map { invoice in
            PaymentOffer(request: ChargeRequest.value(of: invoice), for: quote, invoice: invoice, at: time)
        }
    }

    // MARK: Recognising

    func credential(of presented: PaymentCredential, in exchange: Exchange) throws -> Credential {
        let id = presented.challenge.id
        guard let text = presented.payload["preimage"]?.text, Self.isLowercaseHex(text),
            let preimage = Bytes32(hex: text)
        else {
            throw PaymentProblem.lightningMalformedCredential.rejection(
                "the payload's 'preimage' should be 64 hexadecimal digits in lower case",
                challengeID: id
            )
        }
        guard let payment = ChargeRequest.payment(of: try presented.challenge.requestObject()),
            let digits = Base64URL.decoded(id), let number = Bytes32(digits)
        else {
            throw PaymentProblem.lightningUnknownChallenge.rejection("the challenge asks for nothing", challengeID: id)
        }
        let hash = Bytes32(SHA256.hash(data: preimage.array)) ?? .zero
        guard hash.equalsInConstantTime(payment.bytes) else {
            throw PaymentProblem.lightningInvalidPreimage.rejection(
                "the preimage is not that of the payment",
                challengeID: id
            )
        }
        exchange[PresentedIntent.self] = PresentedIntent(name: name)
        exchange[Charge.self] = Charge(challengeID: id, payment: payment)
        return Credential(
            scheme: MPPScheme.word,
            id: CredentialID(number),
            payment: payment,
            caveats: [],
            redemption: .every
        )
    }

    private static func isLowercaseHex(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    // MARK: Taking

    func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
        guard let charge = exchange[Charge.self] else {
            throw Rejection(.service, "the credential was not presented to this route")
        }
        if let answer = try earlierAnswer(to: charge, in: exchange) { return .now(answer) }
        let (payment, challengeID, reservation) = (charge.payment, charge.challengeID, charge.reservation)
        let now = time.now()
        return try exchange.later { [terms, mint, store, ledger, lightning] () async throws -> Found in
            if let reservation {
                // Not known here: kept before a restart, or by another instance.
                if let kept = try await mint.archive.answer(to: challengeID, at: now, in: store),
                    kept.key == reservation.key.digest
                {
                    return kept.fingerprint == reservation.fingerprint ? .answer(kept.answer) : .conflict
                }
            }
            if terms.verification == .node {
                guard try await Self.isSettled(payment, at: lightning) else { return .unsettled }
            }
            return .taking(try await ledger.take(payment))
        }.recover { error in
            drop(charge)
            throw error
        }.map { found in
            try decision(about: charge, found)
        }
    }

    private enum Found: Sendable {
        case taking(ChargeLedger.Taking)
        case answer(AnswerShelf.Answer)
        case conflict, unsettled
    }

    private func decision(about charge: Charge, _ found: Found) throws -> Decision {
        if case .taking(.taken(let taken)) = found {
            charge.phase = .taken(taken)
            return .next
        }
        drop(charge)
        switch found {
        case .taking(.taken): return .next
        case .answer(let answer): return repeated(answer, of: charge)
        case .conflict: throw IdempotencyKey.conflict
        case .taking(.waiting(let until)):
            let seconds = max(1, until.seconds - time.now().seconds + 1)
            var reply = Reply(
                .conflict,
                detail: "another request is using this payment, or broke off; the same credential may be sent again"
            )
            reply.fields.add(.retryAfter, "\(seconds)")
            return .reply(reply)
        case .taking(.used):
            throw PaymentProblem.lightningUnknownChallenge.rejection(
                "the payment has been used already",
                challengeID: charge.challengeID
            )
        case .unsettled:
            throw PaymentProblem.verificationFailed.rejection(
                "the payment has not arrived yet; nothing was taken, and the same credential may be sent again",
                challengeID: charge.challengeID
            )
        }
    }

    private static func isSettled(_ payment: PaymentHash, at lightning: any LightningBackend) async throws -> Bool {
        for pause in nodePatience {
            try await Task.sleep(for: pause)
            if try await lightning.isSettled(payment) { return true }
        }
        return false
    }

    // MARK: Answering again

    /// What a request with an idempotency key gets without being served; `nil` when it is to be served, and its answer
    /// kept.
    private func earlierAnswer(to charge: Charge, in exchange: Exchange) throws -> Decision? {
        // The trailers of gRPC are no part of what is kept.
        guard terms.replayLimit.bytes > 0, !exchange.request.isGRPC, !exchange.request.opensWebSocket,
            let key = IdempotencyKey(of: exchange.request)
        else { return nil }
        let now = time.now()
        let reservation = Charge.Reservation(
            key: key,
            fingerprint: Self.fingerprint(of: exchange.request),
            end: now.advanced(by: terms.replayTime)
        )
        switch mint.answers.find(charge.challengeID, reservation, at: now) {
        case .reserved:
            charge.reservation = reservation
            return nil
        case .underWay:
            var reply = Reply(.conflict, detail: "a request with this idempotency key is being served")
            reply.fields.add(.retryAfter, "1")
            return .reply(reply)
        case .answer(let answer): return repeated(answer, of: charge)
        case .otherKey: return nil
        case .conflict: throw IdempotencyKey.conflict
        }
    }

    private func repeated(_ answer: AnswerShelf.Answer, of charge: Charge) -> Decision {
        charge.isRepeated = true
        return .reply(Reply(answer.status, fields: answer.fields, body: .bytes(answer.body)))
    }

    /// Tells requests apart that one challenge covers: method, path, query and a short body it is bound to anyway.
    private static func fingerprint(of request: RequestHead) -> Bytes32 {
        let length =
            switch request.body {
            case .none: "none"
            case .length(let count): "\(count)"
            case .unknownLength: "unknown"
            }
        let type = request.fields[.contentType] ?? ""
        return Bytes32(SHA256.hash(data: Array("\(request.target)\n\(length)\n\(type)".utf8))) ?? .zero
    }

    private func drop(_ charge: Charge) {
        guard charge.reservation != nil else { return }
        charge.reservation = nil
        mint.answers.drop(charge.challengeID)
    }

    // MARK: Answering

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let charge = exchange[Charge.self] else { return }
        if case .taken(let taken) = charge.phase {
            if Self.isGivenBack(response, exchange.upstreamFailure, chargeOn: terms.chargeOn) {
                // Before the client learns of it, so that it may come again at once, to any instance.
                exchange.holdResponse(until: release(taken, charge, of: exchange))
            } else {
                exchange.holdResponse(until: mark(taken, charge, of: exchange))
                if Self.isSuccess(response) { addReceipt(to: &response, charge) }
            }
        } else if charge.isRepeated, Self.isSuccess(response) {
            // As it was: the payment was taken then.
            addReceipt(to: &response, charge)
        }
        if charge.reservation != nil {
            let recording = AnswerRecording(response, limit: terms.replayLimit)
            charge.recording = recording
            exchange.responseWatch = recording
        }
    }

    /// True for an answer that uses nothing up: the upstream cannot have seen the request, or did not serve it and
    /// `charge-on` asks for that.
    private static func isGivenBack(
        _ response: ResponseHead,
        _ failure: UpstreamFailure?,
        chargeOn: MPPTerms.ChargeOn
    ) -> Bool {
        switch failure {
        case .unreachable, .busy: true
        case .timeout, .closed, .malformed: chargeOn == .success
        case nil: chargeOn == .success && response.status.code >= 500
        }
    }

    /// A refusal of gRPC is a 200, too.
    private static func isSuccess(_ response: ResponseHead) -> Bool {
        guard (200...299).contains(response.status.code) else { return false }
        return response.fields[.grpcStatus].map { $0 == "0" } ?? true
    }

    private func addReceipt(to response: inout ResponseHead, _ charge: Charge) {
        let receipt = PaymentReceipt(
            method: MPPScheme.method,
            reference: charge.payment.description,
            at: time.now(),
            challengeID: charge.challengeID
        )
        response.fields.set(.paymentReceipt, receipt.field)
        CacheControl.makePrivate(&response)
    }

    /// Tells the ledger that the payment buys this answer, which may not go out before.
    ///
    /// - Returns: fails with what the client gets in its place.
    private func mark(_ taken: TakenCharge, _ charge: Charge, of exchange: Exchange) -> Eventually<Void> {
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
            charge.phase = .served
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

    private static var unmarked: Reply {
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

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let charge = exchange[Charge.self] else { return }
        // The upstream may have done what was asked for, which `charge-on: request` is about.
        let isUsedUp = terms.chargeOn == .request && exchange.wasForwarded
        switch charge.phase {
        case .taken(let taken):
            charge.phase = .free
            if isUsedUp {
                markLater(taken, exchange.logger)
            } else {
                releaseLater(taken, exchange.logger)
            }
        case .marking:
            charge.phase = .abandoned(isUsedUp: isUsedUp)
        case .free, .served, .abandoned:
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
    private func release(_ taken: TakenCharge, _ charge: Charge, of exchange: Exchange) -> Eventually<Void> {
        charge.phase = .free
        drop(charge)
        let logger = exchange.logger
        return exchange.later { [ledger] in
            if await ledger.releaseOnce(taken, logger: logger) { return }
            releaseLater(taken, logger)
        }
    }

    private func releaseLater(_ taken: TakenCharge, _ logger: Logger) {
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
