import GatewayKit
import GatewayTesting
import Lightning
import MPP
import NIOHTTP1

extension TestGateway {
    /// Routes that sell with `mpp` alone, with both schemes, and on other terms.
    static let paymentRoutes = """
          - { name: charged, match: { path: /echo }, pipeline: [ use: charged ] }
          - { name: counted, match: { path: /count }, pipeline: [ use: charged ] }
          - { name: answered, match: { path: /status/* }, pipeline: [ use: charged ] }
          - { name: zeros, match: { path: /zeros/* }, pipeline: [ use: charged ] }
          - name: both
            match: { path: /both }
            pipeline: [ use: either-scheme, price: 10 sat, forward: echo ]
          - name: reversed
            match: { path: /reversed }
            pipeline:
              - auth: [mpp, l402]
              - caveats: [service]
              - rate-limit: { limit: 1000/s }
              - price: 10500 msat
              - forward: echo
          - name: kept
            match: { path: /kept }
            pipeline:
              - auth: { use: mpp, header: payment-authorization, realm: api.example.com }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: lenient
            match: { path: /lenient/* }
            pipeline:
              - auth: { use: mpp, charge-on: success }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: { to: echo, strip: /lenient }
          - name: asked
            match: { path: /asked }
            pipeline:
              - auth: { use: mpp, verify: node }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: slow
            match: { path: /slow }
            pipeline:
              - auth: mpp
              - rate-limit: { limit: 1/h, burst: 2, per: address }
              - price: 10 sat
              - forward: echo
          - name: down
            match: { path: /down }
            pipeline:
              - auth: mpp
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: nobody
          - name: free
            match: { path: /free/* }
            pipeline:
              - rate-limit: { limit: 1000/s }
              - forward: { to: echo, strip: /free }
        """

    static func withPayments<Result>(
        time: TimeSource = .system,
        folder: String? = nil,
        _ body: (TestGateway) async throws -> Result
    ) async throws -> Result {
        try await with(routes: paymentRoutes, time: time, folder: folder, body)
    }

    /// Pays an invoice through the node's interface.
    func pay(_ invoice: String) async throws -> Preimage {
        let wallet = try LndRESTWallet(url: node, macaroonHex: nil, certificateFile: nil)
        do {
            let payment = try await wallet.pay(invoice, feeLimit: .zero)
            try await wallet.shutdown()
            return payment.preimage
        } catch {
            try? await wallet.shutdown()
            throw error
        }
    }

    /// Asks unpaid and pays what the first `Payment` line asks for.
    func charge(
        _ path: String,
        method: HTTPMethod = .GET,
        _ fields: [(String, String)] = [],
        body: String? = nil
    ) async throws -> PaymentCredential {
        let answer = try await request(path, method: method, fields, body: body)
        guard answer.status == 402, let challenge = answer.payments.first else {
            throw ConformanceFailure("\(path) answered \(answer.status), not 402 with a challenge: \(answer.body)")
        }
        return try await paid(challenge)
    }

    func paid(_ challenge: PaymentChallenge) async throws -> PaymentCredential {
        guard let invoice = try challenge.requestObject()["methodDetails"]?["invoice"]?.text else {
            throw ConformanceFailure("the challenge has no invoice")
        }
        return challenge.paid(with: try await pay(invoice))
    }

    func present(
        _ credential: PaymentCredential,
        _ path: String,
        method: HTTPMethod = .GET,
        _ fields: [(String, String)] = [],
        body: String? = nil
    ) async throws -> Answer {
        try await request(
            path,
            method: method,
            [("Authorization", credential.authorization)] + fields,
            body: body
        )
    }
}

extension TestGateway.Answer {
    /// The `Payment` challenges, in the order of their lines.
    var payments: [PaymentChallenge] { ChallengeLine.challenges(in: headers["www-authenticate"]) }

    var receipt: PaymentReceipt? { headers["payment-receipt"].first.flatMap { try? PaymentReceipt(decoding: $0) } }

    var problem: JSONValue? { try? JSONReader.value(of: Array(body.utf8)) }

    /// The end of the problem's type.
    var problemType: String? {
        problem?["type"]?.text.map { $0.replacing("https://paymentauth.org/problems/", with: "") }
    }
}

extension PaymentChallenge {
    func paid(with preimage: Preimage) -> PaymentCredential {
        PaymentCredential(challenge: self, payload: .texts([("preimage", preimage.bytes.hex)]))
    }
}
