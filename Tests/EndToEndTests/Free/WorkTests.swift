import Free
import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

@Suite struct `A proof of work` {
    private static let listen = "{ address: 127.0.0.1:0, trusted-proxies: [127.0.0.0/8] }"

    static let routes = """
          - name: work
            match: { path: /echo }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, { pow: { bits: 8, valid-for: 5m } }]
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: alone
            match: { path: /alone }
            pipeline:
              - auth: { pow: 4 }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: down
            match: { path: /down }
            pipeline:
              - auth: { pow: 4 }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: nobody
        """

    private static func with<Result>(
        time: TimeSource = .system,
        folder: String? = nil,
        _ body: (TestGateway) async throws -> Result
    ) async throws -> Result {
        try await TestGateway.with(listen: listen, routes: routes, time: time, folder: folder, body)
    }

    private static func challenge(
        _ gateway: TestGateway,
        _ path: String = "/echo",
        _ fields: [(String, String)] = []
    ) async throws -> WorkChallenge {
        let answer = try await gateway.request(path, fields)
        return try #require(WorkOffer(in: answer.headers["www-authenticate"])).challenge
    }

    private static func proof(_ gateway: TestGateway, _ path: String = "/echo") async throws -> WorkProof {
        let challenge = try await challenge(gateway, path)
        return try #require(WorkProof.solving(challenge))
    }

    private static func present(
        _ text: String,
        _ gateway: TestGateway,
        _ path: String = "/echo",
        _ fields: [(String, String)] = []
    ) async throws -> TestGateway.Answer {
        try await gateway.request(path, [("Authorization", "PoW \(text)")] + fields)
    }

    private static func expectRefusal(_ reason: String, _ answer: TestGateway.Answer) {
        #expect(answer.status == 402)
        #expect(answer.problem?["reason"]?.text == reason)
        #expect(WorkOffer(in: answer.headers["www-authenticate"]) != nil)
    }

    @Test func `is asked for beside a payment, and pays for one request`() async throws {
        try await Self.with { gateway in
            let asked = try await gateway.request("/echo")
            #expect(asked.status == 402)
            #expect(asked.headers["www-authenticate"].map { $0.prefix(4) } == ["LSAT", "L402", "PoW "])
            let challenge = try #require(WorkOffer(in: asked.headers["www-authenticate"])).challenge
            #expect(challenge.bits == 8)
            let proof = try #require(WorkProof.solving(challenge))
            let answer = try await Self.present(proof.text, gateway)
            expectStatus(200, answer)
            #expect(!answer.body.lowercased().contains("authorization"))
            Self.expectRefusal("used", try await Self.present(proof.text, gateway))
        }
    }

    @Test func `with another answer is the same`() async throws {
        try await Self.with { gateway in
            let proof = try await Self.proof(gateway)
            expectStatus(200, try await Self.present(proof.text, gateway))
            let answers = (1_000_000...9_999_999).lazy.compactMap { WorkProof("\(proof.challenge.text).\($0)") }
            let solved = answers.first { $0.isSolved }
            let other = try #require(solved)
            Self.expectRefusal("used", try await Self.present(other.text, gateway))
        }
    }

    @Test func `sent by many at the same time is served to one`() async throws {
        try await Self.with { gateway in
            let proof = try await Self.proof(gateway)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 { group.addTask { try await Self.present(proof.text, gateway).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
        }
    }

    @Test func `is remembered by the next gateway, which knows the challenges of the one before`() async throws {
        let folder = try TemporaryFolder()
        let (used, fresh) = try await Self.with(folder: folder.path) { gateway in
            let used = try await Self.proof(gateway)
            expectStatus(200, try await Self.present(used.text, gateway))
            return (used, try await Self.proof(gateway))
        }
        try await Self.with(folder: folder.path) { gateway in
            Self.expectRefusal("used", try await Self.present(used.text, gateway))
            expectStatus(200, try await Self.present(fresh.text, gateway))
        }
    }

    @Test func `counts until its challenge ends`() async throws {
        let time = ManualTime()
        try await Self.with(time: time.source) { gateway in
            let first = try await Self.proof(gateway)
            let second = try await Self.proof(gateway)
            time.advance(by: .seconds(300))
            expectStatus(200, try await Self.present(first.text, gateway))
            time.advance(by: .seconds(1))
            Self.expectRefusal("expired", try await Self.present(second.text, gateway))
            Self.expectRefusal("expired", try await Self.present(first.text, gateway))
        }
    }

    @Test func `counts on its route and for its address`() async throws {
        try await Self.with { gateway in
            let proof = try await Self.proof(gateway, "/alone")
            let elsewhere = [("X-Forwarded-For", "192.0.2.77")]
            Self.expectRefusal("signature", try await Self.present(proof.text, gateway))
            #expect(try await Self.present(proof.text, gateway, "/alone", elsewhere).status == 401)
            expectStatus(200, try await Self.present(proof.text, gateway, "/alone"))
        }
    }

    @Test func `that is none says why`() async throws {
        try await Self.with { gateway in
            let challenge = try await Self.challenge(gateway)
            let answers = (0...1_000).lazy.compactMap { WorkProof("\(challenge.text).\($0)") }
            let found = answers.first { !$0.isSolved }
            let unsolved = try #require(found)
            Self.expectRefusal("work", try await Self.present(unsolved.text, gateway))
            for text in [
                "", "nonsense", challenge.text, "\(challenge.text).", "\(challenge.text).é", "\(challenge.text).0.0",
            ] {
                Self.expectRefusal("malformed", try await Self.present(text, gateway))
            }
            let twice = try await gateway.request(
                "/echo",
                [("Authorization", "PoW \(unsolved.text)"), ("Authorization", "PoW \(unsolved.text)")]
            )
            Self.expectRefusal("malformed", twice)
        }
    }

    @Test func `where nothing is for sale is asked for with a 401`() async throws {
        try await Self.with { gateway in
            let asked = try await gateway.request("/alone")
            #expect(asked.status == 401)
            #expect(asked.headers["www-authenticate"].count == 1)
            let proof = try await Self.proof(gateway, "/alone")
            expectStatus(200, try await Self.present(proof.text, gateway, "/alone"))
        }
    }

    @Test func `is asked for while the node is down, and nothing else is`() async throws {
        try await Self.with { gateway in
            _ = try await gateway.request("/dev/behaviour", method: .POST, body: #"{"mode":"down"}"#, at: gateway.node)
            let asked = try await gateway.request("/echo")
            #expect(asked.status == 401)
            #expect(asked.headers["www-authenticate"].map { $0.prefix(4) } == ["PoW "])
            #expect(asked.headers["retry-after"] == ["5"])
            let proof = try await Self.proof(gateway)
            expectStatus(200, try await Self.present(proof.text, gateway))
        }
    }

    @Test func `is not used up where the service cannot be reached`() async throws {
        try await Self.with { gateway in
            let proof = try await Self.proof(gateway, "/down")
            for _ in 0..<3 {
                let status = try await Self.present(proof.text, gateway, "/down").status
                #expect([502, 503].contains(status))
            }
        }
    }

    @Test func `is done by sluice get, up to what --work says`() async throws {
        try await Shopper.with(routes: Self.routes) { shopper in
            for path in ["/echo", "/alone"] {
                let result = try await shopper.get(path, ["-v"])
                #expect(result.status == 0, "\(result.error)")
                #expect(result.text.hasPrefix("GET \(path)\n"))
                #expect(result.steps.contains { $0.hasPrefix("working for ") })
            }
            #expect(shopper.payments.isEmpty)
            let paid = try await shopper.get("/echo", ["--work", "7"])
            #expect(paid.status == 0, "\(paid.error)")
            #expect(shopper.payments.count == 1)
            let refused = try await shopper.get("/alone", ["--work", "0"])
            #expect(refused.status == 4)
        }
    }
}
