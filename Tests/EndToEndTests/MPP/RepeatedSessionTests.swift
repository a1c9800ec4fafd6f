import Foundation
import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

/// What becomes of credentials of sessions that are sent again, as clients do that lost the answer: `topUp` and `close`
/// stand with the life of a session.
@Suite(.timeLimit(.minutes(5))) struct `A session's credential that is sent again` {
    private static let routes = """
          - name: counted
            match: { path: /count }
            pipeline: [ use: metered ]
          - name: kept-short
            match: { path: /zeros/* }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat, replay: 1 KiB }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: not-kept
            match: { path: /echo }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat, replay: 0 }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: bound
            match: { path: /bound }
            pipeline:
              - auth: { use: mpp, intents: session, deposit: 50 sat, session-secret: bound }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: { to: echo, rewrite: /count }
          - name: events
            match: { path: /events/* }
            pipeline: [ use: metered ]
          - name: failing
            match: { path: /status/* }
            pipeline: [ use: metered ]
        """

    private static func with(_ body: (TestGateway) async throws -> Void) async throws {
        let metered = """
            pipeline:
                  - auth: { use: mpp, intents: session, deposit: 50 sat }
                  - rate-limit: { limit: 1000/s }
                  - price: 10 sat
                  - forward: echo
            """
        try await TestGateway.with(routes: routes.replacing("pipeline: [ use: metered ]", with: metered), body)
    }

    /// One that no other test asks for.
    private static var target: String { "/count?\(UUID().uuidString)" }

    private func sats(_ count: UInt64) -> Amount { Amount(millisatoshis: count * 1_000) }

    /// Once the gateway has kept what it answered.
    private func again(_ credential: PaymentCredential, _ client: SessionClient) async throws -> TestGateway.Answer {
        while true {
            let answer = try await client.present(credential)
            if answer.status != 409 { return answer }
        }
    }

    @Test(arguments: ["open", "bearer"])
    func `gets the answer that it got, reaches no service and costs nothing`(action: String) async throws {
        try await Self.with { gateway in
            let target = Self.target
            let client = try await gateway.openSession(target)
            let credential = action == "open" ? client.opening : try await client.bearer()
            let first = action == "open" ? client.answer : try await client.present(credential)
            expectStatus(200, first)
            let reached = EchoUpstream.reached(target)
            let spent = try await client.kept.spent
            for _ in 0..<3 {
                let answer = try await again(credential, client)
                #expect(answer.status == 200)
                #expect(answer.body == first.body)
                #expect(answer.headers["payment-receipt"] == first.headers["payment-receipt"])
                #expect(answer.headers["cache-control"] == ["private"])
                #expect(answer.headers["www-authenticate"].isEmpty)
            }
            #expect(EchoUpstream.reached(target) == reached)
            #expect(try await client.kept.spent == spent)
            #expect(try await client.kept.deposit == sats(50))
        }
    }

    @Test func `a top-up and a close reach no service, however often they are sent`() async throws {
        try await Self.with { gateway in
            let target = Self.target
            let client = try await gateway.openSession(target)
            let credentials = [try await client.topUp(), try await client.close()]
            let reached = EchoUpstream.reached(target)
            for credential in credentials {
                let first = try await client.present(credential)
                expectStatus(200, first)
                #expect(try await client.present(credential).body == first.body)
            }
            #expect(EchoUpstream.reached(target) == reached)
        }
    }

    @Test func `is served once however many of it come together`() async throws {
        try await Self.with { gateway in
            let target = Self.target
            let challenge = try await gateway.sessionChallenge(target)
            let preimage = try await gateway.deposited(challenge)
            let open = PaymentCredential(
                challenge: challenge,
                payload: .texts([
                    ("action", "open"), ("preimage", preimage.bytes.hex),
                    ("returnInvoice", try await gateway.returnInvoice()),
                ])
            )
            let answers = try await withThrowingTaskGroup(of: TestGateway.Answer.self) { group in
                for _ in 0..<8 { group.addTask { try await gateway.present(open, target) } }
                return try await group.reduce(into: [TestGateway.Answer]()) { $0.append($1) }
            }
            let bodies = Set(answers.filter { $0.status == 200 }.map(\.body))
            #expect(bodies.count == 1)
            #expect(answers.allSatisfy { $0.status == 200 || $0.status == 409 && $0.headers["retry-after"] == ["1"] })
            #expect(EchoUpstream.reached(target) == 1)
            let text = try challenge.requestObject()["paymentHash"]?.text ?? ""
            let hash = try #require(Bytes32(hex: text))
            let kept = try #require(try await gateway.store.sessions.session(PaymentHash(hash)))
            #expect(kept.spent == sats(10))
            #expect(kept.deposit == sats(50))
        }
    }

    @Test func `tells a bound session's secret to whoever has all of the credential, and nobody else`() async throws {
        try await Self.with { gateway in
            let client = try await gateway.openSession("/bound")
            let secret = try #require(client.secret)
            let answer = try await again(client.opening, client)
            #expect(answer.headers["payment-session-secret"] == [secret])
            // Whoever forwarded the payment knows its preimage, but not the rest.
            let stolen = PaymentCredential(
                challenge: client.opening.challenge,
                payload: .texts([
                    ("action", "open"), ("preimage", client.preimage.bytes.hex),
                    ("returnInvoice", try await gateway.returnInvoice()),
                ])
            )
            let refused = try await client.present(stolen)
            #expect(refused.status == 402)
            #expect(refused.problemType == "lightning/unknown-challenge")
            #expect(refused.headers["payment-session-secret"].isEmpty)
        }
    }

    @Test func `gets nothing for another request, nor is its challenge good for anything else`() async throws {
        try await Self.with { gateway in
            let client = try await gateway.openSession("/count")
            let bearer = try await client.bearer()
            expectStatus(200, try await client.present(bearer))
            let elsewhere = try await client.present(bearer, at: "/count?x=1")
            #expect(elsewhere.status == 402)
            let close = client.credential("close", bearer.challenge, [("preimage", client.preimage.bytes.hex)])
            let refused = try await client.present(close)
            #expect(refused.status == 402)
            #expect(refused.problemType == "lightning/unknown-challenge")
            #expect(refused.problem?["challengeId"]?.text == bearer.challenge.id)
            #expect(try await client.kept.state == .open)
        }
    }

    @Test(arguments: ["/zeros/2000", "/echo", "/events/1", "/status/503"])
    func `is refused with a fresh challenge where its answer is not kept`(path: String) async throws {
        try await Self.with { gateway in
            let client = try await gateway.openSession(path, status: path == "/status/503" ? 503 : 200)
            let spent = try await client.kept.spent
            let answer = try await again(client.opening, client)
            #expect(answer.status == 402)
            #expect(answer.problemType == "lightning/unknown-challenge")
            #expect(answer.payments.count == 1)
            #expect(try await client.kept.spent == spent)
        }
    }
}
