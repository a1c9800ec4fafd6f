internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import HTTPTypes
internal import L402
internal import Lightning
internal import MPP
internal import NIOCore

/// What a client of a trial buys, by asking, paying and keeping what it gets, as clients of a gateway do.
struct TrialPurchase {
    /// Why nothing can be presented; said as the failure of a test.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let gateway: TrialGateway
    let purchase: PolicyTest.Purchase

    /// The fields to present with the request.
    func fields(for request: TrialRequest) async throws -> [(name: String, value: String)] {
        var asked = request
        if let other = purchase.boughtWith {
            asked = TrialRequest(other, body: other.body)
            asked.peer = request.peer
        }
        let now = gateway.clock.now
        if let age = purchase.age { gateway.clock.now = now.advanced(by: .zero - age) }
        defer { gateway.clock.now = now }
        let outcome = try await gateway.outcome(of: asked)
        let lines = outcome.head?.fields.values(of: .wwwAuthenticate) ?? []
        guard let status = outcome.head?.status.code, status == 402, !lines.isEmpty else {
            let answer = outcome.head.map { "\($0.status.code)" } ?? "without an answer"
            throw Failure(description: "nothing can be bought: the request without a credential is answered \(answer)")
        }
        switch purchase.way {
        case .l402: return [("Authorization", try await token(in: lines))]
        case .charge: return [try await charge(in: lines)]
        case .session: return [try await session(in: lines)]
        }
    }

    // MARK: L402

    private func token(in lines: [String]) async throws -> String {
        guard let challenge = L402Challenge.challenges(in: lines).first else { throw noOffer }
        let preimage = try await pay(challenge.invoice)
        let caveats = purchase.caveats.map { Caveat(parsing: $0) }
        guard let token = challenge.paid(with: preimage).attenuated(with: caveats) else {
            throw Failure(description: "the token cannot carry these caveats")
        }
        guard purchase.isForged else { return token.authorization }
        return L402Token(token: try forged(token), preimage: preimage).authorization
    }

    /// Its signature is another than the gateway's.
    private func forged(_ token: L402Token) throws -> String {
        guard let macaroon = token.macaroon else { throw noOffer }
        var forged = Macaroon(location: "", identifier: macaroon.identifier, rootKey: Array("forged".utf8))
        for caveat in macaroon.caveats {
            forged.add(String(decoding: caveat.identifier, as: UTF8.self))
        }
        return forged.base64
    }

    // MARK: MPP

    private func charge(in lines: [String]) async throws -> (name: String, value: String) {
        guard let offer = try ChargeOffer(in: lines, at: gateway.clock.now) else { throw noOffer }
        let preimage = try await pay(offer.invoice.text)
        return field(of: offer.challenge, [("preimage", proof(preimage))])
    }

    private func session(in lines: [String]) async throws -> (name: String, value: String) {
        let challenge = ChallengeLine.challenges(in: lines).first { $0.method == "lightning" && $0.intent == "session" }
        guard let challenge, let invoice = try challenge.requestObject()["depositInvoice"]?.text else { throw noOffer }
        let preimage = try await pay(invoice)
        let refund = try await gateway.plan.lightning.refundInvoice()
        return field(
            of: challenge,
            [("action", "open"), ("preimage", proof(preimage)), ("returnInvoice", refund)]
        )
    }

    private func proof(_ preimage: Preimage) -> String {
        purchase.isForged ? String(repeating: "0", count: 64) : preimage.bytes.hex
    }

    private func field(
        of challenge: PaymentChallenge,
        _ payload: [(String, String?)]
    ) -> (name: String, value: String) {
        let credential = PaymentCredential(challenge: challenge, payload: .texts(payload))
        return (challenge.header ?? "Authorization", credential.authorization)
    }

    // MARK: Paying

    private var noOffer: Failure {
        Failure(description: "the answer to the request without a credential offers no '\(purchase.way.rawValue)'")
    }

    private func pay(_ invoice: String) async throws -> Preimage {
        try await gateway.plan.lightning.pay(invoice, amount: nil, feeLimit: .zero, patience: .seconds(5)).preimage
    }
}

extension LightningBackend {
    /// An invoice without an amount, as clients give one for what is left of a session.
    fileprivate func refundInvoice() async throws -> String {
        guard let node = self as? DevNode else {
            throw TrialPurchase.Failure(description: "only the development node makes invoices for clients")
        }
        return try await node.makeOpenInvoice(expiresIn: .seconds(30 * 86_400))
    }
}

extension TrialRequest {
    init(_ request: PolicyTest.Request, body: String?) {
        self.init(
            method: request.method,
            scheme: request.scheme,
            authority: request.authority,
            target: request.target,
            fields: request.fields,
            body: body.map { .init(string: $0) },
            peer: request.client ?? IPAddress("127.0.0.1")
        )
    }
}
