import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

@Suite struct `A payment that does not count` {
    /// Answered 402 with a fresh challenge, the type, and the id of the challenge that was presented.
    private func expectRefusal(
        _ type: String,
        of credential: PaymentCredential,
        _ answer: TestGateway.Answer,
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 402, "\(answer.body)", sourceLocation: location)
        #expect(answer.problemType == type, "\(answer.body)", sourceLocation: location)
        #expect(answer.problem?["challengeId"]?.text == credential.challenge.id, sourceLocation: location)
        #expect(answer.payments.count == 1, sourceLocation: location)
        #expect(answer.payments.first?.id != credential.challenge.id, sourceLocation: location)
        #expect(answer.headers["cache-control"] == ["no-store"], sourceLocation: location)
        #expect(answer.headers["payment-receipt"].isEmpty, sourceLocation: location)
        let preimage = credential.payload["preimage"]?.text ?? "none"
        #expect(!answer.body.contains(preimage), sourceLocation: location)
    }

    private func changed(
        _ credential: PaymentCredential,
        _ change: (inout PaymentChallenge) -> Void
    ) -> PaymentCredential {
        var challenge = credential.challenge
        change(&challenge)
        return PaymentCredential(challenge: challenge, payload: credential.payload)
    }

    @Test(arguments: ["Payment dGhpcyBpcyBnYXJiYWdl", "Payment", "Payment ", "payment id=\"x\"", "Payment e30="])
    func `garbage is malformed`(value: String) async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request("/echo", [("Authorization", value)])
            #expect(answer.status == 402)
            #expect(answer.problemType == "malformed-credential")
            let challenge = try #require(answer.payments.first)
            #expect(answer.problem?["challengeId"]?.text == challenge.id)
        }
    }

    @Test func `a credential of another scheme is none`() async throws {
        try await TestGateway.withPayments { gateway in
            let answer = try await gateway.request("/echo", [("Authorization", "Bearer Payment")])
            #expect(answer.status == 402)
            #expect(answer.problemType == "payment-required")
        }
    }

    @Test func `several credentials are a bad request, wherever they stand`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let value = credential.authorization
            for fields in [
                [("Authorization", value), ("Authorization", value)], [("Authorization", "\(value), \(value)")],
                [("Authorization", value), ("Payment-Authorization", value)],
            ] {
                let answer = try await gateway.request("/echo", fields)
                #expect(answer.status == 400)
                #expect(answer.problemType == "bad-request")
                #expect(answer.headers["www-authenticate"].isEmpty)
            }
            expectStatus(200, try await gateway.request("/echo", [("Authorization", "Bearer x, \(value)")]))
        }
    }

    @Test func `a method or an intent that is not offered is a bad request`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            for other in [
                changed(credential) { $0.method = "tempo" }, changed(credential) { $0.intent = "subscription" },
            ] {
                let answer = try await gateway.present(other, "/echo")
                #expect(answer.status == 400)
                #expect(answer.problemType == "method-unsupported")
                #expect(answer.headers["www-authenticate"].isEmpty)
            }
        }
    }

    @Test func `a challenge that was changed is unknown`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let cheaper = Base64URL.encoded(
                try credential.challenge.requestObject().canonical.replacing("\"10\"", with: "\"1\"")
            )
            let changes: [(inout PaymentChallenge) -> Void] = [
                { $0.id = String($0.id.reversed()) }, { $0.realm = "evil.example.com" }, { $0.request = cheaper },
                { $0.expires = "2099-01-01T00:00:00Z" }, { $0.expires = nil }, { $0.opaque = nil },
                { $0.opaque = Base64URL.encoded("{}") }, { $0.digest = "sha-256=:eA==:" },
            ]
            for change in changes {
                let other = changed(credential, change)
                expectRefusal("lightning/unknown-challenge", of: other, try await gateway.present(other, "/echo"))
            }
            expectStatus(200, try await gateway.present(credential, "/echo"))
        }
    }

    @Test func `what was bought for one path, query, method or route buys no other`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/status/200?q=1")
            for path in ["/status/200?q=2", "/status/200", "/status/201?q=1", "/echo", "/zeros/1"] {
                expectRefusal("invalid-challenge", of: credential, try await gateway.present(credential, path))
            }
            let post = try await gateway.present(credential, "/status/200?q=1", method: .POST)
            expectRefusal("invalid-challenge", of: credential, post)
            let host = try await gateway.present(credential, "/status/200?q=1", [("Host", "other.example.com")])
            expectRefusal("invalid-challenge", of: credential, host)
            expectStatus(200, try await gateway.present(credential, "/status/200?q=1"))
        }
    }

    @Test func `what was bought for one body buys no other, and the right one reaches the upstream whole`() async throws
    {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/count", method: .POST, body: "oslo")
            for body in ["Oslo", "oslo ", nil, String(repeating: "a", count: 100_000)] {
                let answer = try await gateway.present(credential, "/count", method: .POST, body: body)
                expectRefusal("invalid-challenge", of: credential, answer)
            }
            let answer = try await gateway.present(credential, "/count", method: .POST, body: "oslo")
            #expect(answer.status == 200)
            #expect(answer.body == "4")
        }
    }

    @Test func `an offer that has ended is expired, and one second before it is not`() async throws {
        let time = ManualTime()
        try await TestGateway.withPayments(time: time.source) { gateway in
            let first = try await gateway.charge("/echo")
            let second = try await gateway.charge("/echo")
            let end = try #require(first.challenge.expires.flatMap { Timestamp.time($0) })
            time.advance(by: .seconds(end.seconds - time.now.seconds))
            expectStatus(200, try await gateway.present(first, "/echo"))
            time.advance(by: .seconds(1))
            expectRefusal("lightning/expired-invoice", of: second, try await gateway.present(second, "/echo"))
        }
    }

    @Test func `a preimage has one form`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let preimage = try #require(credential.payload["preimage"]?.text)
            let payloads: [JSONValue] = [
                .object([]), .texts([("preimage", String(preimage.dropLast()))]),
                .texts([("preimage", preimage + "0")]),
                .texts([("preimage", String(repeating: "A", count: 64))]), .object([.init("preimage", .number(1))]),
            ]
            for payload in payloads {
                let other = PaymentCredential(challenge: credential.challenge, payload: payload)
                expectRefusal("lightning/malformed-credential", of: other, try await gateway.present(other, "/echo"))
            }
        }
    }

    @Test func `a wrong preimage is told apart, and the right one still counts`() async throws {
        try await TestGateway.withPayments { gateway in
            let credential = try await gateway.charge("/echo")
            let wrong = credential.challenge.paid(with: Preimage(.random()))
            expectRefusal("lightning/invalid-preimage", of: wrong, try await gateway.present(wrong, "/echo"))
            expectStatus(200, try await gateway.present(credential, "/echo"))
        }
    }

    @Test func `a challenge of another gateway is unknown`() async throws {
        let foreign = try await TestGateway.withPayments { try await $0.charge("/echo") }
        try await TestGateway.withPayments { gateway in
            expectRefusal("lightning/unknown-challenge", of: foreign, try await gateway.present(foreign, "/echo"))
        }
    }
}
