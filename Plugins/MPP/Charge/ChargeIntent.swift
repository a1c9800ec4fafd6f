internal import Crypto
internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// `charge`: one payment, one request (draft-lightning-charge).
struct ChargeIntent: PaymentIntent {
    let name = "charge"
    let expired = PaymentProblem.lightningExpiredInvoice

    /// What the ledger says that such a payment bought.
    static let purpose = "mpp/charge"
    /// How long a node that knows of the preimage may take to call the payment settled.
    private static let nodePatience: [Duration] = [
        .zero, .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1_500),
    ]

    private let terms: MPPTerms
    private let mint: ChallengeMint
    private let store: any Store
    private let lightning: any LightningBackend
    private let time: TimeSource

    init(_ terms: MPPTerms, _ services: Services, _ mint: ChallengeMint) {
        self.terms = terms
        self.mint = mint
        store = services.store
        lightning = services.lightning
        time = services.time
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
        let payment = charge.payment
        return try exchange.later { [terms, mint, store, lightning] () async throws -> Taking in
            await mint.releases.end(of: payment)
            if terms.verification == .node {
                guard try await Self.isSettled(payment, at: lightning) else { return .unsettled }
            }
            let claim = try await store.claim(payment, for: Self.purpose)
            return claim == .first ? .taken : .used
        }.recover { error in
            drop(charge)
            throw error
        }.map { taking in
            switch taking {
            case .taken:
                charge.isTaken = true
                return .next
            case .used:
                drop(charge)
                throw PaymentProblem.lightningUnknownChallenge.rejection(
                    "the payment has been used already",
                    challengeID: charge.challengeID
                )
            case .unsettled:
                drop(charge)
                throw PaymentProblem.verificationFailed.rejection(
                    "the payment has not arrived yet; nothing was taken, and the same credential may be sent again",
                    challengeID: charge.challengeID
                )
            }
        }
    }

    private enum Taking: Sendable {
        case taken, used, unsettled
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
        let finding = mint.answers.find(
            charge.challengeID,
            key,
            fingerprint: Self.fingerprint(of: exchange.request),
            at: now,
            until: now.advanced(by: terms.replayTime)
        )
        switch finding {
        case .reserved:
            charge.isReserved = true
            return nil
        case .underWay:
            var reply = Reply(.conflict, detail: "a request with this idempotency key is being served")
            reply.fields.add(.retryAfter, "1")
            return .reply(reply)
        case .answer(let answer):
            charge.isRepeated = true
            return .reply(Reply(answer.status, fields: answer.fields, body: .bytes(answer.body)))
        case .otherKey: return nil
        case .conflict: throw IdempotencyKey.conflict
        }
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
        guard charge.isReserved else { return }
        charge.isReserved = false
        mint.answers.drop(charge.challengeID)
    }

    // MARK: Answering

    func adjust(_ response: inout ResponseHead, of exchange: Exchange) {
        guard let charge = exchange[Charge.self] else { return }
        if charge.isTaken {
            if response.status.code >= 500, terms.chargeOn == .success {
                // Before the client learns of it, so that it may come again at once.
                release(charge, of: exchange)
            } else if Self.isSuccess(response) {
                addReceipt(to: &response, charge)
            }
        } else if charge.isRepeated, Self.isSuccess(response) {
            // As it was: the payment was taken then.
            addReceipt(to: &response, charge)
        }
        if charge.isReserved {
            let recording = AnswerRecording(response, limit: terms.replayLimit)
            charge.recording = recording
            exchange.responseWatch = recording
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

    func settle(_ exchange: Exchange, as outcome: Outcome) {
        guard let charge = exchange[Charge.self] else { return }
        if charge.isTaken, Self.wasNotServed(outcome, chargeOn: terms.chargeOn) {
            release(charge, of: exchange)
        }
        guard charge.isReserved else { return }
        if outcome.isComplete, let answer = charge.recording?.answer {
            charge.isReserved = false
            mint.answers.keep(answer, for: charge.challengeID, at: time.now())
        } else {
            drop(charge)
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

    private func release(_ charge: Charge, of exchange: Exchange) {
        charge.isTaken = false
        drop(charge)
        mint.releases.begin(charge.payment, for: Self.purpose, in: store, logger: exchange.logger)
    }
}
