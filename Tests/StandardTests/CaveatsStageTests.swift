import GatewayKit
import GatewayTesting
import Standard
import Testing

struct CaveatsStageTests {
    private let stage = CaveatsStage([ExampleVerifier(), PathCaveat()], ignoring: ["note"])

    @Test func `a request without a credential goes on`() throws {
        let exchange = Exchange.example()
        #expect(try stage.decision(about: exchange)?.isNext == true)
        #expect(!exchange.caveatsHold)
    }

    @Test func `a credential without caveats holds`() throws {
        let exchange = Exchange.paid(.example())
        #expect(try stage.decision(about: exchange)?.isNext == true)
        #expect(exchange.caveatsHold)
    }

    @Test(arguments: [
        ["limit=5"], ["limit=5", "limit=5"], ["limit=5", "path=/", "limit=2"], ["note=x"],
        ["note=x", "note=y", "limit=1"],
    ])
    func `caveats that are understood and narrow hold`(_ caveats: [String]) throws {
        let exchange = Exchange.paid(.with(caveats))
        #expect(try stage.decision(about: exchange)?.isNext == true)
        #expect(exchange.caveatsHold)
        #expect(exchange.credential != nil)
        #expect(exchange.rejection == nil)
    }

    @Test(arguments: [
        (["limit=5", "color=red"], Rejection.Reason.unknownCaveat), (["color"], .unknownCaveat),
        (["Limit=5"], .unknownCaveat), (["limit=0"], .caveat), (["limit=x"], .caveat),
        (["limit=5", "limit=6"], .widened), (["limit=5", "limit=2", "limit=3"], .widened),
        (["limit=5", "path=/", "limit=6"], .widened), (["path=/elsewhere"], .caveat),
    ])
    func `a credential whose caveats do not hold is taken away`(_ caveats: [String], _ reason: Rejection.Reason) throws
    {
        let exchange = Exchange.paid(.with(caveats))
        exchange.caveatsHold = true
        #expect(try stage.decision(about: exchange)?.isNext == true)
        #expect(exchange.credential == nil)
        #expect(!exchange.caveatsHold)
        #expect(exchange.rejection?.reason == reason)
    }

    @Test func `the condition that is not understood is named`() throws {
        let exchange = Exchange.paid(.example("color=red"))
        _ = try stage.decision(about: exchange)
        #expect(exchange.rejection?.detail == "the caveat 'color' is not understood on this route")
    }

    @Test func `an endless condition is named in part`() throws {
        let exchange = Exchange.paid(.with([String(repeating: "x", count: 10_000)]))
        _ = try stage.decision(about: exchange)
        #expect(try #require(exchange.rejection).detail.count < 120)
    }

    @Test func `the first verifier that covers a caveat decides`() throws {
        struct Refusing: CaveatVerifier {
            let condition = "other"
            func covers(_ caveat: Caveat, of exchange: Exchange) -> Bool { true }
            func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool { false }
            func narrows(_ earlier: Caveat, to later: Caveat) -> Bool { true }
            func rejection(of caveat: Caveat) -> Rejection { Rejection(.service, "by the second") }
        }
        let accepted = Exchange.paid(.example("limit=1"))
        _ = try CaveatsStage([ExampleVerifier(), Refusing()]).decision(about: accepted)
        #expect(accepted.caveatsHold)
        let refused = Exchange.paid(.example("limit=1"))
        _ = try CaveatsStage([Refusing(), ExampleVerifier()]).decision(about: refused)
        #expect(refused.rejection == Rejection(.service, "by the second"))
    }

    @Test func `as many caveats as there may be hold and one more does not`() throws {
        let most = [String](repeating: "limit=5", count: CaveatsStage.most)
        let full = Exchange.paid(.with(most))
        _ = try stage.decision(about: full)
        #expect(full.caveatsHold)
        let over = Exchange.paid(.with(most + ["limit=5"]))
        _ = try stage.decision(about: over)
        #expect(over.rejection?.reason == .malformed)
    }

    // MARK: Policy

    private func make(_ value: Any?) -> (summary: String?, messages: [String]) {
        var registry = Registry()
        registry.add(PathCaveat.self)
        registry.add(MethodCaveat.self)
        registry.add(AddressCaveat.self)
        let settings = ExampleSettings(value)
        let services = Services.example(registry: registry)
        let stage = settings.make(word: "caveats") { try CaveatsStage(from: &$0, services) }
        return (stage?.summary, settings.messages)
    }

    @Test func `takes a word, a list and a map`() {
        #expect(make("path") == ("path", []))
        #expect(make(["path", "method"]) == ("path, method", []))
        #expect(make(["use": "path"]) == ("path", []))
        #expect(make(["verify": ["path", ["use": "address"]]]) == ("path, address", []))
        #expect(make(["verify": ["path"], "ignore": ["note", "color"]]) == ("path; ignoring note, color", []))
        #expect(make(["ignore": ["note"]]) == ("ignoring note", []))
    }

    @Test func `an unknown verifier is a mistake with a guess`() {
        #expect(
            make(["pth"]).messages
                == ["unknown caveat verifier 'pth' (did you mean 'path'?); there is address, method, path"]
        )
    }

    @Test func `an unknown key is a mistake`() {
        #expect(
            make(["verify": ["path"], "ignores": ["x"]]).messages
                == ["unknown key 'ignores' (did you mean 'ignore'?); 'caveats' takes ignore, verify"]
        )
    }

    @Test func `two verifiers of one condition are a mistake`() {
        #expect(make(["path", "path"]).messages == ["the condition 'path' is verified twice"])
    }

    @Test func `a condition that is verified and ignored is a mistake`() {
        #expect(
            make(["verify": ["path"], "ignore": ["path"]]).messages
                == ["the condition 'path' is both verified and ignored"]
        )
    }

    @Test func `no verifier is a mistake`() {
        #expect(make(nil).messages == ["'caveats' needs a verifier: a list such as [expires, service]"])
    }
}
