import GatewayKit
import GatewayPolicy
import GatewayServer
import L402
import Testing
import sluice

struct ExplainerTests {
    private func explanation(_ target: String, _ fields: [(name: String, value: String)] = []) async throws
        -> ExplanationDocument
    {
        try await TrialPolicy.with { gateway in
            try await Explainer(gateway).explanation(of: TrialPolicy.request(target, fields))
        }
    }

    @Test func `every stage is told in order, with its line, its verdict and what it looked at`() async throws {
        let document = try await explanation("/paid")
        #expect(document.stages.map(\.word) == ["auth", "caveats", "rate-limit", "price"])
        #expect(document.stages.map(\.verdict) == ["next", "next", "next", "reply"])
        #expect(document.stages.map(\.place) == [12, 13, 14, 15].map { "policy.yaml:\($0):9" })
        #expect(document.stages[3].inputs.map { "\($0.name): \($0.value)" } == ["price: 10 sat"])
        #expect(document.stages[2].inputs.map(\.value) == ["1/s, burst 5, for 127.0.0.1"])
        #expect(document.status == 402)
    }

    @Test func `the route that won is told, and those that lost with the reason`() async throws {
        let document = try await explanation("/paid")
        #expect(document.route == "paid")
        #expect(document.matched == "GET /paid")
        let others = try #require(document.passedOver)
        #expect(others.count == 1)
        #expect(others[0].hasSuffix("a whole path is more specific than a prefix"))
    }

    @Test func `a request without a route has none`() async throws {
        let document = try await TrialPolicy.with(
            TrialPolicy.text.replacing("match: { path: /* }", with: "match: { host: example.com }")
        ) { gateway in
            try await Explainer(gateway).explanation(of: TrialPolicy.request("/nothing"))
        }
        #expect(document.route == nil)
        #expect(document.status == 404)
    }

    @Test func `a rejected credential is told with its reason`() async throws {
        let document = try await explanation("/paid", [("authorization", "L402 AAAA:00")])
        let learned = document.stages.first?.learned.joined() ?? ""
        #expect(learned.contains("rejected the credential"))
    }

    @Test func `no output has a token, a preimage or an invoice in it`() async throws {
        try await TrialPolicy.with { gateway in
            let unpaid = try await gateway.outcome(of: TrialPolicy.request("/paid"))
            let lines = try #require(unpaid.head).fields.values(of: .wwwAuthenticate)
            let challenge = try #require(L402Challenge.challenges(in: lines).first)
            let paid = try await gateway.plan.lightning.pay(
                challenge.invoice,
                amount: nil,
                feeLimit: .zero,
                patience: .seconds(1)
            )
            let token = challenge.paid(with: paid.preimage)
            let metadata = try #require(token.metadata)
            let presented: [[(name: String, value: String)]] = [
                [("authorization", token.authorization)],
                [("macaroon", metadata)],
                [("grpc-metadata-macaroon", metadata)],
                [("authorization", "L402 \(challenge.token):\(String(repeating: "ab", count: 32))")],
                [("authorization", token.authorization), ("Sluice-Trace", "a-token-of-the-operator")],
            ]
            let secrets = [
                challenge.token, metadata, paid.preimage.bytes.hex, challenge.invoice, "a-token-of-the-operator",
                String(repeating: "ab", count: 32),
            ]
            for fields in presented {
                let outcome = try await gateway.outcome(of: TrialPolicy.request("/paid", fields))
                let document = Explainer(gateway).document(of: outcome)
                let header = FieldName("sluice-explanation").flatMap { outcome.head?.fields[$0] } ?? ""
                for output in [document.json(), document.line(), ExplanationTable(document).text(), header] {
                    for secret in secrets {
                        #expect(!output.contains(secret))
                    }
                }
            }
        }
    }

    @Test func `what may be a key is hidden, and paths are not`() {
        let key = String(repeating: "0a", count: 32)
        #expect(ConcealedText.of("the preimage is \(key).") == "the preimage is (hidden).")
        let path = "/v1/quotes/of/today/and/of/yesterday/too"
        #expect(ConcealedText.of(path) == path)
    }
}
