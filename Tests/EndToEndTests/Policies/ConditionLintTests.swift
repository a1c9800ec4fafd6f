import GatewayKit
import GatewayPolicy
import Logging
import Testing
import sluice

/// Routes whose match has a condition, as `check` sees them.
@Suite struct `The money lint, where a match has a condition,` {
    private static func findings(_ routes: String) -> [PolicyRule] {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loader = LoadedPolicy.loader(LoadedPolicy.services(dataFolder: "data", logger: logger))
        let text = """
            version: 1
            lightning: { use: dev }
            store: { use: memory }
            upstreams: { up: { url: http://127.0.0.1:9001 } }
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
}
