import GatewayKit
import GatewayPolicy
import Logging
import Testing
import sluice

/// What `check` tells, and does not tell, of routes for conditions and calls.
@Suite struct `The money lint, where more than a path is matched,` {
    private static func findings(_ routes: String) -> [PolicyRule] {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loader = LoadedPolicy.loader(LoadedPolicy.services(dataFolder: "data", logger: logger))
        let text = """
            version: 1
            lightning: { use: dev }
            store: { use: memory }
            upstreams: { up: { url: http://127.0.0.1:9001 }, again: { url: http://127.0.0.1:9001 } }
            routes:
            \(routes)
            """
        switch loader.load(text: text, named: "policy.yaml") {
        case .plan(let plan): return plan.warnings.map(\.rule)
        case .mistakes(let mistakes): return mistakes.map(\.rule)
        }
    }

    private static func paid(_ name: String, _ match: String, _ price: String) -> String {
        """
          - name: \(name)
            match: \(match)
            pipeline: [{ auth: mpp }, { rate-limit: 5/s }, { price: \(price) }, { forward: up }]
        """
    }

    private static func free(_ name: String, _ match: String) -> String {
        """
          - name: \(name)
            match: \(match)
            pipeline: [{ rate-limit: 5/s }, { forward: up }]
        """
    }

    @Test func `asks for requests of which it cannot be told whether they fulfil it`() {
        // Of `/a/x;v=1`, another spelling of the paid path, no number can be made.
        let numbers = #"{ path: "/a/{n}", when: 'int(request.path.split("/")[2]) > 5' }"#
        let routes = [Self.paid("paid", "{ path: /a/x }", "10 sat"), Self.free("numbers", numbers)]
        #expect(Self.findings(routes.joined(separator: "\n")) == [])
    }

    private static let gold = #"{ path: /a, when: 'request.headers["x-plan"] == "gold"' }"#

    @Test func `takes two prices of one path for what they are`() {
        let routes = [Self.paid("gold", Self.gold, "50 sat"), Self.paid("plain", "{ path: /a }", "10 sat")]
        #expect(Self.findings(routes.joined(separator: "\n")) == [])
    }

    @Test func `tells that the rest of a path is free`() {
        let routes = [Self.paid("gold", Self.gold, "50 sat"), Self.free("plain", "{ path: /a }")]
        #expect(Self.findings(routes.joined(separator: "\n")) == [.freeShadow])
    }

    @Test func `tells a wider route that takes what does not fulfil it`() {
        let routes = [Self.paid("gold", Self.gold, "50 sat"), Self.paid("plain", "{ path: /* }", "10 sat")]
        #expect(Self.findings(routes.joined(separator: "\n")).contains(.freeShadow))
    }

    @Test func `tells a way around calls that leads to their server by another name`() {
        let calls = Self.paid("calls", "{ path: /mcp, mcp: tools/call }", "10 sat")
        let site = Self.free("site", "{ path: /* }").replacing("forward: up", with: "forward: again")
        #expect(Self.findings(calls + "\n" + site) == [.callsAround])
    }
}
