import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Standard
import Testing

/// Caveats whose meaning a policy says.
struct ExpressionCaveatTests {
    private func make(_ settings: [String: Any]) -> (verifier: ExpressionCaveat?, messages: [String]) {
        let example = ExampleSettings(settings)
        let verifier = example.make(word: "caveats") { try ExpressionCaveat(from: &$0, .example()) }
        return (verifier, example.messages)
    }

    private func caveat(_ value: String) -> Caveat { Caveat(condition: "plan", value: value) }

    private let plan = ["condition": "plan", "allow": "request.headers['x-plan'] in caveat.list"]

    private func exchange(_ plan: String) -> Exchange { .example(.example(fields: [("X-Plan", plan)])) }

    @Test func `a request is permitted when the expression holds`() throws {
        let verifier = try #require(make(plan).verifier)
        #expect(verifier.allows(caveat("gold, silver"), exchange("gold")))
        #expect(!verifier.allows(caveat("gold, silver"), exchange("free")))
    }

    @Test func `what fails is not permitted`() throws {
        let verifier = try #require(make(plan).verifier)
        #expect(!verifier.allows(caveat("gold"), .example()))
        let number = try #require(make(["condition": "plan", "allow": "int(caveat.value) > 0"]).verifier)
        #expect(!number.allows(caveat("many"), .example()))
    }

    @Test(arguments: [
        ("a,b", "a", true), ("a,b", "b , a", true), ("a,b", "", true), ("a", "a,b", false), ("a", "b", false),
        ("", "a", false),
    ])
    func `a later list is a part of the earlier one`(_ earlier: String, _ later: String, _ expected: Bool) throws {
        let verifier = try #require(make(plan).verifier)
        #expect(verifier.narrows(caveat(earlier), to: caveat(later)) == expected)
    }

    @Test func `a policy may say what narrows`() throws {
        var settings = ["condition": "most", "allow": "int(request.query.n) <= int(caveat.value)"]
        settings["narrows"] = "int(caveat.value) <= int(earlier.value)"
        let verifier = try #require(make(settings).verifier)
        #expect(verifier.narrows(caveat("10"), to: caveat("5")))
        #expect(!verifier.narrows(caveat("10"), to: caveat("11")))
        #expect(!verifier.narrows(caveat("10"), to: caveat("less")))
    }

    @Test func `it keeps the contract of a caveat verifier`() throws {
        let verifier = try #require(make(plan).verifier)
        try CaveatVerifierConformance(
            verifier,
            values: ["gold", "gold,silver", "silver", "free", "gold,silver,free"],
            exchanges: ["gold", "silver", "free", "none"].map(exchange)
        ).run()
    }

    @Test func `only one that asks about the body has it read`() {
        #expect(make(plan).verifier?.bodyLimit == nil)
        let model = ["condition": "model", "allow": "request.json.model in caveat.list"]
        #expect(make(model).verifier?.bodyLimit == .kibibytes(64))
        #expect(make(model.merging(["body": "1 MiB"]) { $1 }).verifier?.bodyLimit == .mebibytes(1))
    }

    @Test(arguments: [
        (
            ["allow": "true"],
            "'caveats' needs 'condition': the name of a caveat, such as model: what stands before its '='"
        ),
        (
            ["condition": "a=b", "allow": "true"],
            "'condition' should be the name of a caveat, such as model: what stands before its '=', not 'a=b'"
        ),
        (["condition": "a"], "'caveats' needs 'allow': an expression that gives true or false"),
        (
            ["condition": "a", "allow": "caveat.value"],
            "'allow': it should give true or false, and this gives a string"
        ),
        (
            ["condition": "a", "allow": "true", "body": "1 KiB"],
            "'body' is for expressions that ask about request.json, which 'allow' does not"
        ),
        (
            ["condition": "a", "allow": "true", "narrows": "request.path == ''"],
            "'narrows': 'request.path' is not known here: caveats are compared with each other, whatever the request; there is caveat.value, caveat.list, earlier.value, earlier.list"
        ),
        (
            ["condition": "a", "allow": "true", "alow": "true"],
            "unknown key 'alow' (did you mean 'allow'?); 'caveats' takes allow, body, condition, narrows"
        ),
    ])
    func `mistakes are told`(_ settings: [String: String], _ message: String) {
        #expect(make(settings).messages == [message])
    }

    // MARK: In the stage

    private final class Body: RequestBodySource {
        let bytes: ByteBuffer
        private(set) var reads = 0
        init(_ text: String) { bytes = ByteBuffer(string: text) }
        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> {
            reads += 1
            return .now(bytes)
        }
    }

    private func decide(caveats: [String], body: String) throws -> (exchange: Exchange, reads: Int) {
        let settings = ExampleSettings([["condition": "model", "allow": "request.json.model in caveat.list"] as Any])
        let stage = try #require(settings.make(word: "caveats") { try CaveatsStage(from: &$0, .example()) })
        #expect(settings.messages == [])
        let exchange = Exchange.paid(.with(caveats), .example(.post, "/", body: .length(UInt64(body.utf8.count))))
        let source = Body(body)
        exchange.bodySource = source
        #expect(try stage.decision(about: exchange)?.isNext == true)
        return (exchange, source.reads)
    }

    @Test func `the stage reads the body for a caveat that asks about it`() throws {
        let small = try decide(caveats: ["model=small,tiny"], body: #"{"model":"small"}"#)
        #expect(small.exchange.caveatsHold)
        #expect(small.reads == 1)
        let large = try decide(caveats: ["model=small,tiny"], body: #"{"model":"large"}"#)
        #expect(large.exchange.rejection?.reason == .caveat)
        #expect(large.exchange.credential == nil)
    }

    @Test func `the stage reads no body for a credential that does not ask`() throws {
        #expect(try decide(caveats: [], body: "{}").reads == 0)
    }

    @Test func `a holder cannot take a restriction back`() throws {
        let decided = try decide(caveats: ["model=small", "model=small,large"], body: #"{"model":"small"}"#)
        #expect(decided.exchange.rejection?.reason == .widened)
    }

    @Test func `a body that is too long is no decision`() throws {
        let settings = ExampleSettings([
            ["condition": "model", "allow": "request.json.model in caveat.list", "body": "1 KiB"] as Any
        ])
        let stage = try #require(settings.make(word: "caveats") { try CaveatsStage(from: &$0, .example()) })
        let exchange = Exchange.paid(.with(["model=a"]), .example(.post, "/", body: .length(2_000)))
        let source = Body("")
        exchange.bodySource = source
        var failure: (any Error)?
        try stage.admit(exchange).whenComplete { result in
            if case .failure(let error) = result { failure = error }
        }
        #expect((failure as? BodyTooLarge)?.limit == .kibibytes(1))
        #expect(source.reads == 0)
    }
}
