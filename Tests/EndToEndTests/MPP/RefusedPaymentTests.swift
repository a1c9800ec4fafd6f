import Foundation
import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

// The black-box list for servers of the scheme (its drafts, `mppx validate` and the flows of tempoxyz/mpp-tools), and where
// each item is tested. PO: PaymentOfferTests, RP: here, CR: ChargedRequestTests, LP: LostPaymentTests, ST: SessionTests,
// RS: RefusedSessionTests, RE: RepeatedSessionTests, SR: SessionRefundTests, MS: MeteredStreamTests, PC: PaidCallTests,
// CF: CallFormTests, DI: DiscoveryTests.
//
// | item | test |
// |---|---|
// | free route passes, and forwards no credential | CR `a free route forwards no credential` |
// | unpaid: 402, no-store, problem, a challenge | PO `is a 402 that no cache keeps...` |
// | unpaid: upstream not called | RP `never reaches the upstream...` |
// | wrong scheme; garbage: malformed and fresh | RP `a credential of another scheme...`, `garbage is malformed` |
// | wrong preimage; its form | RP `a wrong preimage...`, `a preimage has one form` |
// | tampered id, realm, request, amount, expires, opaque, digest | RP `a challenge that was changed is unknown` |
// | the same with a right id | RP `a challenge of this secret...` |
// | missing expires; expired | RP `a challenge that has no end...`, `an offer that has ended...` |
// | replay; concurrent replay: one 200 | CR `is served once...`, `sent by many at the same time...` |
// | other route, query, method, host | RP `what was bought for one path...` |
// | other body; the body arrives whole | RP `what was bought for one body...` |
// | receipt on 2xx only, one, ours | CR `whose answer is no success...`, `whose answer is a success...` |
// | Cache-Control merged | CR `whose answer is a success...` |
// | receipt names challenge and payment | CR `is served once...` |
// | Retry-After without receipt; 402s limited | RP `is asked for no more often...` |
// | Accept-Payment | PO `is made for every preference...`; AcceptPaymentTests |
// | Idempotency-Key: replay, conflict, too long, ended | CR `with an idempotency key...` and following; LP after a restart |
// | two credentials; unknown method or intent: 400 | RP `several credentials...`, `a method or an intent...` |
// | credential in the wrong field | PO `for a route that keeps Authorization...`, `a credential for Authorization...` |
// | upstream 500: no receipt | CR `whose answer is no success...` |
// | upstream never sees the credential | CR `is served once...` |
// | restart keeps everything | CR `outlives the gateway that sold it...`; LP |
// | key rotation over a restart | CR `outlives a new secret...` |
// | node down: 503 | PO `is not made while the node is down`; CR `is served although the node is down...` |
// | session: open, bearer until exhausted, top-up, close: bodies, receipts | ST `opens, is spent, topped up and closed` |
// | top-up and close reach no upstream, also sent again | RE `a top-up and a close reach no service...` |
// | top-up sent again credits once, close sent again pays back once | ST `a top-up...`, `a close that is sent again...` |
// | open and bearer sent again | RE |
// | deposit that was taken already; session of another service | RS `pays with a deposit...`; ST `is one for all routes...` |
// | bearer after close | ST `opens, is spent, topped up and closed` |
// | idle close and refund; over a restart | SR `is paid back when nobody uses...`, `is tried again after a restart` |
// | events: need-topup, resume, timeout, receipt before the last | MS `is held when...`, `ends with its session...` |
// | concurrent bearers and streams never overdraw | ST `is never overdrawn...`; MS `of one session...` |
// | session over a restart | ST `goes on after a restart` |
// | openapi.json | DI |
// | JSON-RPC: -32042, -32043, both places of `_meta` | PC `is refused with offers...`, `takes a credential at its root...` |
// | JSON-RPC: -32602; notification dropped | PC `with a credential that cannot be read...`; CF `that must be paid for...` |

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
            let cheaper = Base64.url.encoded(
                try credential.challenge.requestObject().canonical.replacing("\"10\"", with: "\"1\"")
            )
            let changes: [(inout PaymentChallenge) -> Void] = [
                { $0.id = String($0.id.reversed()) }, { $0.realm = "evil.example.com" }, { $0.request = cheaper },
                { $0.expires = "2099-01-01T00:00:00Z" }, { $0.expires = nil }, { $0.opaque = nil },
                { $0.opaque = Base64.url.encoded("{}") }, { $0.digest = "sha-256=:eA==:" },
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

    /// The secret of the gateway's challenges, for what only a holder of it could make.
    private func keyring(_ gateway: TestGateway) throws -> ChallengeKeyring {
        try ChallengeKeyring(parsing: String(contentsOfFile: gateway.folder + "/mpp.keyring", encoding: .utf8))
    }

    @Test func `a challenge that has no end is none, whoever made it`() async throws {
        try await TestGateway.withPayments { gateway in
            let keyring = try keyring(gateway)
            let endless = changed(try await gateway.charge("/echo")) { challenge in
                challenge.expires = nil
                challenge.id = keyring.id(of: challenge)
            }
            expectRefusal("invalid-challenge", of: endless, try await gateway.present(endless, "/echo"))
            let nonsense = changed(try await gateway.charge("/echo")) { challenge in
                challenge.expires = "tomorrow"
                challenge.id = keyring.id(of: challenge)
            }
            expectRefusal("invalid-challenge", of: nonsense, try await gateway.present(nonsense, "/echo"))
        }
    }

    @Test func `a challenge of this secret for another realm or scope is none of this route`() async throws {
        try await TestGateway.withPayments { gateway in
            let keyring = try keyring(gateway)
            let changes: [(inout PaymentChallenge) -> Void] = [
                { $0.realm = "other.example.com" }, { $0.opaque = nil },
                { $0.opaque = PaymentScope(service: "charged", route: "other", method: "GET", target: "/echo").opaque },
                { $0.opaque = PaymentScope(service: "other", route: "charged", method: "GET", target: "/echo").opaque },
            ]
            for change in changes {
                let other = changed(try await gateway.charge("/echo")) { challenge in
                    change(&challenge)
                    challenge.id = keyring.id(of: challenge)
                }
                expectRefusal("invalid-challenge", of: other, try await gateway.present(other, "/echo"))
            }
        }
    }

    @Test func `never reaches the upstream, and the one that counts does once`() async throws {
        try await TestGateway.withPayments { gateway in
            let path = "/echo?\(UUID())"
            let credential = try await gateway.charge(path)
            for value in ["Payment garbage", "Bearer x", changed(credential) { $0.expires = nil }.authorization] {
                expectStatus(402, try await gateway.request(path, [("Authorization", value)]))
            }
            let wrong = credential.challenge.paid(with: Preimage(.random()))
            expectStatus(402, try await gateway.present(wrong, path))
            #expect(EchoUpstream.reached(path) == 0)
            for status in [200, 402] {
                expectStatus(status, try await gateway.present(credential, path))
                #expect(EchoUpstream.reached(path) == 1)
            }
        }
    }

    @Test func `is asked for no more often than the rate limit allows, and then told when to come again`() async throws
    {
        let time = ManualTime()
        try await TestGateway.withPayments(time: time.source) { gateway in
            let credential = try await gateway.charge("/slow")
            expectStatus(402, try await gateway.request("/slow"))
            for answer in [try await gateway.request("/slow"), try await gateway.present(credential, "/slow")] {
                #expect(answer.status == 429)
                #expect(answer.headers["retry-after"].count == 1)
                #expect(answer.headers["www-authenticate"].isEmpty)
                #expect(answer.headers["payment-receipt"].isEmpty)
            }
        }
    }

    @Test func `is refused before its body is asked for, and HEAD is told what GET is`() async throws {
        try await TestGateway.withPayments { gateway in
            let head = try await gateway.request("/echo", method: .HEAD)
            #expect(head.status == 402)
            #expect(head.payments.count == 1)
            #expect(head.headers["cache-control"] == ["no-store"])
            #expect(head.body.isEmpty)
            let credential = try await gateway.paid(try #require(head.payments.first))
            // Of another method.
            expectRefusal("invalid-challenge", of: credential, try await gateway.present(credential, "/echo"))
            let answer = try await gateway.present(credential, "/echo", method: .HEAD)
            #expect(answer.status == 200)
            #expect(answer.receipt != nil)
        }
    }
}
