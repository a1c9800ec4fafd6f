import GatewayKit
import GatewayPolicy
import GatewayTesting
import MPP
import NIOHTTP1
import Testing
import sluice

extension TestGateway {
    /// Routes that sell sessions: ten satoshis a request, fifty at first.
    static let sessionRoutes = """
          - name: metered
            match: { path: /echo }
            service: metered
            pipeline: [ use: metered ]
          - name: answered
            match: { path: /status/* }
            service: metered
            pipeline: [ use: metered ]
          - name: elsewhere
            match: { path: /count }
            pipeline: [ use: metered ]
          - name: bound
            match: { path: /bound }
            pipeline:
              - auth: { use: mpp, intents: session, session-secret: bound }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: { to: echo, rewrite: /echo }
          - name: both
            match: { path: /both }
            pipeline:
              - auth: { use: mpp, intents: [charge, session], deposit: 10 sat }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: down
            match: { path: /down }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: nobody
          - name: asked
            match: { path: /asked }
            pipeline:
              - auth: { use: mpp, intents: session, verify: node }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: { to: echo, rewrite: /echo }
          - name: lenient
            match: { path: /lenient/* }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat, charge-on: success }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: { to: echo, strip: /lenient }
        """

    /// - Parameter price: of a request on most routes.
    static func withSessions<Result>(
        time: TimeSource = .system,
        folder: String? = nil,
        price: String = "10 sat",
        _ body: (TestGateway) async throws -> Result
    ) async throws -> Result {
        let metered = """
            pipeline:
                  - auth: { use: mpp, intents: session, deposit: 50 sat }
                  - rate-limit: { limit: 1000/s }
                  - price: \(price)
                  - forward: echo
            """
        let routes = sessionRoutes.replacing("pipeline: [ use: metered ]", with: metered)
        return try await with(routes: routes, time: time, folder: folder, body)
    }

    /// What looks after the sessions.
    var sessionBook: SessionBook {
        get throws { try #require(policy.parts.all.lazy.compactMap { $0 as? SessionBook }.first) }
    }

    var lightning: any LightningBackend { policy.plan.lightning }

    /// An invoice of the node, as a client's wallet makes one for a refund.
    func returnInvoice(satoshis: Int = 0, expiry: Int = 30 * 86_400) async throws -> String {
        let answer = try await request(
            "/v1/invoices",
            method: .POST,
            body: #"{"value":\#(satoshis),"expiry":\#(expiry)}"#,
            at: node
        )
        return try #require(answer.problem?["payment_request"]?.text)
    }

    /// How the node behaves from now on.
    func setNode(_ mode: String) async throws {
        _ = try await request("/dev/behaviour", method: .POST, body: #"{"mode":"\#(mode)"}"#, at: node)
    }

    /// Asks unpaid; the challenge of the session that is offered.
    func sessionChallenge(_ path: String) async throws -> PaymentChallenge {
        let answer = try await request(path)
        guard answer.status == 402, let challenge = answer.payments.first(where: { $0.intent == "session" }) else {
            throw ConformanceFailure("\(path) answered \(answer.status), not 402 with a session: \(answer.body)")
        }
        return challenge
    }

    /// Pays what the challenge wants to be deposited.
    func deposited(_ challenge: PaymentChallenge) async throws -> Preimage {
        try await pay(try #require(try challenge.requestObject()["depositInvoice"]?.text))
    }

    /// Opens a session, and has its first request served.
    func openSession(_ path: String = "/echo", status: Int = 200) async throws -> SessionClient {
        let challenge = try await sessionChallenge(path)
        let preimage = try await deposited(challenge)
        let invoice = try await returnInvoice()
        let credential = PaymentCredential(
            challenge: challenge,
            payload: .texts([("action", "open"), ("preimage", preimage.bytes.hex), ("returnInvoice", invoice)])
        )
        let answer = try await present(credential, path)
        expectStatus(status, answer)
        return SessionClient(
            gateway: self,
            path: path,
            opening: credential,
            answer: answer,
            preimage: preimage,
            returnInvoice: invoice,
            id: try #require(try challenge.requestObject()["paymentHash"]?.text),
            secret: answer.headers["payment-session-secret"].first
        )
    }

    /// Waits until it holds; a test that waits in vain ends by its time limit.
    func until(_ holds: () async throws -> Bool) async throws {
        while try await !holds() {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A client with an open session.
struct SessionClient {
    let gateway: TestGateway
    let path: String
    let opening: PaymentCredential
    /// To the request that opened it.
    let answer: TestGateway.Answer
    let preimage: Preimage
    let returnInvoice: String
    let id: String
    let secret: String?

    var hash: PaymentHash {
        get throws { PaymentHash(try #require(Bytes32(hex: id))) }
    }

    var kept: Session {
        get async throws { try #require(try await gateway.store.sessions.session(hash)) }
    }

    /// What the client has got back.
    var refund: Amount? {
        get async throws {
            let lightning = gateway.lightning
            let invoice = try lightning.read(returnInvoice)
            guard case .paid(let payment) = try await lightning.payment(invoice.payment) else { return nil }
            return payment.amount
        }
    }

    func credential(
        _ action: String,
        _ challenge: PaymentChallenge,
        _ members: [(String, String?)] = []
    ) -> PaymentCredential {
        let all = [("action", action), ("sessionId", id), ("sessionSecret", secret)] + members
        return PaymentCredential(challenge: challenge, payload: .texts(all))
    }

    func bearer(at path: String? = nil) async throws -> PaymentCredential {
        credential("bearer", try await gateway.sessionChallenge(path ?? self.path), [("preimage", preimage.bytes.hex)])
    }

    func topUp() async throws -> PaymentCredential {
        let challenge = try await gateway.sessionChallenge(path)
        let deposit = try await gateway.deposited(challenge)
        return credential("topUp", challenge, [("topUpPreimage", deposit.bytes.hex)])
    }

    func close() async throws -> PaymentCredential {
        credential("close", try await gateway.sessionChallenge(path), [("preimage", preimage.bytes.hex)])
    }

    func present(_ credential: PaymentCredential, at path: String? = nil) async throws -> TestGateway.Answer {
        try await gateway.present(credential, path ?? self.path)
    }

    func use(at path: String? = nil) async throws -> TestGateway.Answer {
        try await present(try await bearer(at: path), at: path)
    }
}
