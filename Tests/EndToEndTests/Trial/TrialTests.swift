import GatewayKit
import GatewayPolicy
import GatewayServer
import HTTPTypes
import L402
import NIOCore
import Testing
import sluice

struct TrialTests {
    private func token(of outcome: TrialOutcome, _ gateway: TrialGateway) async throws -> L402Token {
        let lines = try #require(outcome.head).fields.values(of: .wwwAuthenticate)
        let challenge = try #require(L402Challenge.challenges(in: lines).first)
        let lightning = gateway.plan.lightning
        let paid = try await lightning.pay(challenge.invoice, amount: nil, feeLimit: .zero, patience: .seconds(1))
        return challenge.paid(with: paid.preimage)
    }

    @Test func `what is bought in a trial opens the route, and is not forwarded`() async throws {
        try await TrialPolicy.with { gateway in
            let unpaid = try await gateway.outcome(of: TrialPolicy.request("/paid"))
            #expect(unpaid.head?.status.code == 402)
            #expect(unpaid.forwarded == nil)
            let token = try await token(of: unpaid, gateway)
            let paid = try await gateway.outcome(
                of: TrialPolicy.request("/paid?a=b", [("authorization", token.authorization)])
            )
            #expect(paid.head?.status.code == 200)
            #expect(paid.head?.fields[try #require(FieldName("x-adjusted"))] == "yes")
            let forwarded = try #require(paid.forwarded)
            #expect(forwarded.request.target == "/inside?a=b")
            #expect(!forwarded.request.fields.contains(.authorization))
        }
    }

    @Test func `a path is read as a listener reads it`() async throws {
        try await TrialPolicy.with { gateway in
            for target in ["//paid", "/x/../paid", "/%70aid"] {
                let outcome = try await gateway.outcome(of: TrialPolicy.request(target))
                #expect(outcome.route == "paid")
            }
            let unreadable = try await gateway.outcome(of: TrialPolicy.request("/%zz"))
            #expect(unreadable.head?.status.code == 400)
            let split = try await gateway.outcome(of: TrialPolicy.request("/rest", [("a", "b\r\ncontent-length: x")]))
            #expect(split.head?.status.code == 400)
        }
    }

    @Test func `an upstream that fails is told as on a socket`() async throws {
        try await TrialPolicy.with { gateway in
            let down = try await gateway.outcome(of: TrialPolicy.request("/free"), upstream: .failure(.unreachable))
            #expect(down.head?.status.code == 502)
            let slow = try await gateway.outcome(of: TrialPolicy.request("/free"), upstream: .failure(.timeout))
            #expect(slow.head?.status.code == 504)
        }
    }

    @Test func `a body is forwarded whole`() async throws {
        try await TrialPolicy.with { gateway in
            var request = TrialPolicy.request("/free")
            request.method = .post
            request.body = ByteBuffer(string: "a body")
            let outcome = try await gateway.outcome(of: request)
            #expect(outcome.forwarded.map { String(buffer: $0.body) } == "a body")
        }
    }

    @Test func `every refusal names its decision`() async throws {
        try await TrialPolicy.with { gateway in
            let unpaid = try await gateway.outcome(of: TrialPolicy.request("/paid"))
            #expect(unpaid.head?.fields[.decision] == "\(unpaid.id)")
            #expect(String(buffer: unpaid.body).contains("urn:sluice:exchange:\(unpaid.id)"))
            let unknown = try await gateway.outcome(of: TrialPolicy.request("/%zz"))
            #expect(unknown.head?.fields[.decision] == "\(unknown.id)")
            let grpc = try await gateway.outcome(
                of: TrialPolicy.request("/paid", [("content-type", "application/grpc")])
            )
            #expect(grpc.head?.fields[.decision] == "\(grpc.id)")
        }
    }

    @Test func `whoever presents the trace token gets the explanation, and no upstream the token`() async throws {
        try await TrialPolicy.with { gateway in
            let field = try #require(FieldName("sluice-explanation"))
            let trace = (name: "Sluice-Trace", value: "a-token-of-the-operator")
            let traced = try await gateway.outcome(of: TrialPolicy.request("/free", [trace]))
            let explanation = try #require(traced.head?.fields[field])
            #expect(explanation.contains(#""word":"rate-limit""#))
            #expect(explanation.contains("policy.yaml:36"))
            #expect(!explanation.contains(trace.value))
            let forwarded = try #require(traced.forwarded)
            #expect(!forwarded.request.fields.contains(try #require(FieldName("sluice-trace"))))
            #expect(traced.head?.fields[.decision] == "\(traced.id)")
        }
    }

    @Test(arguments: ["a-token-of-the-operatos", "a-token-of-the-operator2", "a", ""])
    func `another token explains nothing and is not forwarded`(_ token: String) async throws {
        try await TrialPolicy.with { gateway in
            let outcome = try await gateway.outcome(of: TrialPolicy.request("/free", [("Sluice-Trace", token)]))
            #expect(outcome.head?.fields.contains(try #require(FieldName("sluice-explanation"))) == false)
            let forwarded = try #require(outcome.forwarded)
            #expect(!forwarded.request.fields.contains(try #require(FieldName("sluice-trace"))))
        }
    }
}
