import GatewayKit
import GatewayTesting
import HTTPTypes
import Standard
import Testing

struct ForwardStageTests {
    private func make(_ value: Any?) -> (stage: ForwardStage?, messages: [String]) {
        let settings = ExampleSettings(value)
        let services = Services.example(upstreams: [
            "quotes": Upstream(name: "quotes", host: "127.0.0.1", port: 9001),
            "inference": Upstream(name: "inference", host: "127.0.0.1", port: 9002),
        ])
        return (settings.make(word: "forward") { try ForwardStage(from: &$0, services) }, settings.messages)
    }

    private func target(_ settings: [String: Any], _ target: String) throws -> String? {
        let exchange = Exchange.example(.example(.get, target))
        let stage = try #require(make(settings.merging(["to": "quotes"]) { $1 }).stage)
        #expect(try stage.decision(about: exchange)?.upstream == "quotes")
        return exchange.edits.target
    }

    @Test func `forwards to the upstream of this name`() throws {
        let exchange = Exchange.example(.example(.get, "/a?b"))
        let made = make("inference")
        #expect(try made.stage?.decision(about: exchange)?.upstream == "inference")
        #expect(exchange.edits.target == nil)
        #expect(exchange.edits.host == nil)
        #expect(made.messages == [])
    }

    @Test(arguments: [("/a/b", "/healthz"), ("/", "/healthz"), ("/a?x=1&y=/z", "/healthz?x=1&y=/z")])
    func `a rewrite replaces the path and keeps the query`(_ from: String, _ expected: String) throws {
        #expect(try target(["rewrite": "/healthz"], from) == expected)
    }

    @Test(arguments: [
        ("/v1", "/"), ("/v1/", "/"), ("/v1/a", "/a"), ("/v1/a?v=/v1/b", "/a?v=/v1/b"), ("/v1?q", "/?q"),
        ("/v10/a", "/v10/a"),
        ("/a/v1/b", "/a/v1/b"), ("/", "/"),
    ])
    func `a prefix is stripped by whole segments`(_ from: String, _ expected: String) throws {
        #expect(try target(["strip": "/v1"], from) == expected)
        #expect(try target(["strip": "/v1/"], from) == expected)
    }

    @Test(arguments: [
        ("/v1/a", "/internal/a"), ("/v1", "/internal"), ("/v1/?q", "/internal/?q"), ("/v12", "/v12"), ("/", "/"),
    ])
    func `a prefix is replaced by whole segments`(_ from: String, _ expected: String) throws {
        #expect(try target(["rewrite": ["from": "/v1", "to": "/internal"]], from) == expected)
    }

    @Test(arguments: [("/", "/internal/"), ("/a", "/internal/a")])
    func `the root is a prefix of every path`(_ from: String, _ expected: String) throws {
        #expect(try target(["rewrite": ["from": "/", "to": "/internal"]], from) == expected)
    }

    @Test func `what an earlier stage made of the target is rewritten`() throws {
        let exchange = Exchange.example()
        exchange.edits.target = "/v1/edited?q"
        _ = try make(["to": "quotes", "strip": "/v1"]).stage?.decision(about: exchange)
        #expect(exchange.edits.target == "/edited?q")
    }

    @Test func `the host is replaced`() throws {
        let exchange = Exchange.example()
        _ = try make(["to": "quotes", "host": "API.internal:8080"]).stage?.decision(about: exchange)
        #expect(exchange.edits.host == "api.internal:8080")
    }

    @Test func `the summary says where to and how`() {
        #expect(make("quotes").stage?.summary == "to quotes")
        #expect(make(["to": "quotes", "strip": "/v1"]).stage?.summary == "to quotes, strip /v1")
        #expect(
            make(["to": "quotes", "rewrite": "/x", "host": "secret.example"]).stage?.summary
                == "to quotes, rewrite /x, with another host"
        )
        #expect(
            make(["to": "quotes", "rewrite": ["from": "/", "to": "/x"]]).stage?.summary == "to quotes, rewrite / to /x"
        )
    }

    @Test func `an unknown upstream is a mistake with a guess`() {
        #expect(
            make("qoutes").messages
                == ["unknown upstream 'qoutes' (did you mean 'quotes'?); there is inference, quotes"]
        )
    }

    @Test func `an upstream is needed`() {
        #expect(make(["rewrite": "/a"]).messages == ["'forward' needs 'to': the name of an upstream"])
        #expect(make(nil).messages == ["'forward' needs 'to': the name of an upstream"])
        #expect(make(["quotes"]).messages == ["'forward' should be the name of an upstream, not a list"])
    }

    @Test(arguments: ["healthz", "/a?b", "/a b", "/%zz", ""])
    func `what is no path is a mistake`(_ path: String) {
        #expect(
            make(["to": "quotes", "rewrite": path]).messages
                == ["'rewrite' should be a path such as /v1, without a query, not '\(path)'"]
        )
    }

    @Test func `a pattern is a mistake that says how prefixes are replaced`() {
        #expect(
            make(["to": "quotes", "rewrite": "/new/*"]).messages
                == ["'rewrite' takes no pattern; a prefix is replaced with rewrite: { from: /v1, to: /new }"]
        )
    }

    @Test func `an unknown key is a mistake`() {
        #expect(
            make(["to": "quotes", "stripe": "/v1"]).messages
                == ["unknown key 'stripe' (did you mean 'strip'?); 'forward' takes host, rewrite, strip, to"]
        )
    }

    @Test func `two ways to change the path are a mistake`() {
        #expect(
            make(["to": "quotes", "rewrite": "/a", "strip": "/b"]).messages
                == ["'strip' does not go together with 'rewrite'"]
        )
    }

    @Test(arguments: ["a b", "a/b", "", "a@b", "ä"])
    func `what is no host is a mistake`(_ host: String) {
        #expect(
            make(["to": "quotes", "host": host]).messages
                == ["'host' should be a host such as api.internal or api.internal:8080, not '\(host)'"]
        )
    }
}
