import GRPCCore
import GRPCVerifier
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import RPCTesting
import SwiftProtobuf
import Testing

@Suite(.timeLimit(.minutes(5)))
struct GRPCVerifierTests {
    /// What comes of caveats `condition=value`: a rejection's sentence, the status of a reply, or neither.
    private struct Verdict: Sendable, Equatable {
        var rejection: String?
        var status: Int?

        static let holds = Verdict()
    }

    /// Asks a verifier with these settings, once for each list of caveats.
    private func verdicts(
        on lists: [[String]],
        by server: ScriptedVerifier,
        settings: [String: any Sendable] = [:],
        time: ManualTime = ManualTime()
    ) async throws -> [Verdict] {
        try await server.serving { address in
            let example = ExampleSettings(settings.merging(["address": address, "timeout": "60s"]) { $1 })
            let services = Services.example(time: time.source)
            let verifier = try #require(example.make(word: "grpc") { try GRPCVerifier(from: &$0, services) })
            #expect(example.messages.isEmpty)
            var verdicts = [Verdict]()
            for list in lists { verdicts.append(try await verdict(on: list, by: verifier)) }
            for part in services.parts.all { await part.stop() }
            return verdicts
        }
    }

    private func verdict(on list: [String], by verifier: GRPCVerifier) async throws -> Verdict {
        let loop = NIOAsyncTestingEventLoop()
        let future = try await loop.executeInContext {
            let head = RequestHead.example(
                .post,
                "/v1/quotes?secret=1",
                host: "api.example.com",
                fields: [("X-Tenant", "a"), ("x-tenant", "b"), ("Authorization", "L402 secret")]
            )
            let exchange = Exchange.example(head, eventLoop: loop)
            if let index = head.fields.firstIndex(of: .authorization) { exchange.edits.removeLine(index) }
            exchange.credential = Credential(
                scheme: "l402",
                id: CredentialID(try #require(Bytes32(hex: String(repeating: "07", count: 32)))),
                payment: PaymentHash(.zero),
                caveats: []
            )
            return try verifier.rejection(of: list.map { Caveat(parsing: $0) }, in: exchange).future(on: loop)
        }
        do {
            return Verdict(rejection: try await future.get()?.detail)
        } catch let reply as Reply {
            return Verdict(status: reply.status.code)
        }
    }

    @Test func `all caveats are asked about in one call`() async throws {
        let server = ScriptedVerifier()
        let verdicts = try await verdicts(on: [["team=good", "user=good"]], by: server)
        #expect(verdicts == [.holds])
        #expect(server.questions.map { $0.caveats.map(\.condition) } == [["team", "user"]])
    }

    @Test func `the first caveat that does not hold says why, in one line`() async throws {
        let verdicts = try await verdicts(on: [["team=good", "user=x"]], by: ScriptedVerifier())
        #expect(verdicts == [Verdict(rejection: "user is  bad")])
    }

    @Test func `the request is told, without query, credentials and fields that nobody named`() async throws {
        let server = ScriptedVerifier()
        _ = try await verdicts(on: [["team=good"]], by: server)
        let question = try #require(server.questions.first)
        #expect(question.request.method == "POST")
        #expect(question.request.host == "api.example.com")
        #expect(question.request.path == "/v1/quotes")
        #expect(question.request.query.isEmpty)
        #expect(question.request.clientAddress == "192.0.2.1")
        #expect(question.request.headers.isEmpty)
        #expect(question.credentialID == String(repeating: "07", count: 32))
        #expect([question.scheme, question.route, question.service] == ["l402", "example", "example"])
    }

    @Test func `fields and the query are told where the policy says so, credentials never`() async throws {
        let server = ScriptedVerifier()
        let settings: [String: any Sendable] = ["headers": ["X-Tenant", "Authorization"], "query": "true"]
        _ = try await verdicts(on: [["team=good"]], by: server, settings: settings)
        let request = try #require(server.questions.first?.request)
        #expect(request.headers == ["x-tenant": "a, b"])
        #expect(request.query == "secret=1")
    }

    @Test(arguments: [("refuse", Verdict(status: 503)), ("allow", .holds)])
    private func `a service that is not there is what the policy makes of it`(_ rule: String, _ expected: Verdict)
        async throws
    {
        let server = ScriptedVerifier { _ in throw RPCError(code: .unavailable, message: "gone") }
        let verdicts = try await verdicts(on: [["team=good"]], by: server, settings: ["on-failure": rule])
        #expect(verdicts == [expected])
    }

    @Test(arguments: ["refuse", "allow"]) func `verdicts that fit no caveats refuse, whatever the policy`(
        _ rule: String
    )
        async throws
    {
        let server = ScriptedVerifier { _ in .with { $0.verdicts = [.with { $0.allowed = true }] } }
        let verdicts = try await verdicts(on: [["a=good", "b=good"]], by: server, settings: ["on-failure": rule])
        #expect(verdicts == [Verdict(status: 503)])
    }

    // MARK: Kept answers

    @Test func `an answer is asked for again unless it says that it may be kept`() async throws {
        let server = ScriptedVerifier()
        _ = try await verdicts(on: [["a=good"], ["a=good"]], by: server)
        #expect(server.questions.count == 2)
    }

    @Test func `an answer that may be kept is kept for the same question`() async throws {
        let server = ScriptedVerifier(validFor: 60)
        let verdicts = try await verdicts(on: [["a=good"], ["a=good"], ["a=x"], ["a=x"]], by: server)
        #expect(verdicts == [.holds, .holds, Verdict(rejection: "a is  bad"), Verdict(rejection: "a is  bad")])
        #expect(server.questions.count == 2)
    }

    @Test func `an answer is kept no longer than it says`() async throws {
        let server = ScriptedVerifier(validFor: 60)
        let time = ManualTime()
        try await server.serving { address in
            let services = Services.example(time: time.source)
            let example = ExampleSettings(["address": address, "timeout": "60s"])
            let verifier = try #require(example.make { try GRPCVerifier(from: &$0, services) })
            _ = try await verdict(on: ["a=good"], by: verifier)
            time.advance(by: .seconds(59))
            _ = try await verdict(on: ["a=good"], by: verifier)
            #expect(server.questions.count == 1)
            time.advance(by: .seconds(1))
            _ = try await verdict(on: ["a=good"], by: verifier)
            #expect(server.questions.count == 2)
            for part in services.parts.all { await part.stop() }
        }
    }

    @Test func `verdicts that fit no caveats are not kept`() async throws {
        let server = ScriptedVerifier { _ in .with { $0.validFor.seconds = 60 } }
        _ = try await verdicts(on: [["a=good"], ["a=good"]], by: server)
        #expect(server.questions.count == 2)
    }

    @Test(arguments: [Int64.min, -1, Int64.max]) func `no validity traps`(_ seconds: Int64) async throws {
        let verdicts = try await verdicts(on: [["a=good"]], by: ScriptedVerifier(validFor: seconds))
        #expect(verdicts == [.holds])
    }

    // MARK: Settings

    @Test func `it answers for every condition, or for those that are named`() throws {
        let services = Services.example()
        let all = ExampleSettings(["address": "a:1"]).make { try GRPCVerifier(from: &$0, services) }
        #expect(all?.covers("anything") == true)
        #expect(all?.summary == "grpc at a:1")
        let some = ExampleSettings(["address": "a:1", "conditions": ["team", "user"]])
            .make { try GRPCVerifier(from: &$0, services) }
        #expect([some?.covers("team"), some?.covers("anything")] == [true, false])
        #expect(some?.summary == "grpc at a:1 for team and user")
    }
}
