import GatewayKit
import GatewayPolicy
import GatewayTesting
import HTTPTypes
import Testing

/// Which route a request gets where matches have conditions.
struct ConditionRoutingTests {
    private func plan(_ matches: [String]) throws -> Plan {
        let routes = matches.enumerated().map { "  - { name: r\($0), match: \($1), pipeline: [respond] }" }
        let text = "version: 1\nroutes:\n" + routes.joined(separator: "\n")
        guard case .plan(let plan) = PolicyLoader.example(MemoryFiles(["policy.yaml": text])).load("policy.yaml") else {
            throw ConformanceFailure("the policy has mistakes")
        }
        return plan
    }

    private func route(
        _ matches: [String],
        _ target: String,
        _ method: HTTPRequest.Method = .get,
        plan name: String? = nil
    ) throws -> String? {
        let fields = name.map { [("X-Plan", $0)] } ?? []
        return try plan(matches).route(for: .example(method, target, fields: fields))?.name
    }

    private static let plans = [
        "{ path: /a }", #"{ path: /a, when: 'request.headers["x-plan"] == "gold"' }"#,
        #"{ path: /a, when: 'request.headers["x-plan"].startsWith("g")' }"#,
    ]

    @Test(arguments: [("gold", "r1"), ("green", "r2"), ("free", "r0"), (nil, "r0")])
    func `a condition that holds comes before none, and the first before later ones`(
        _ name: String?,
        _ expected: String
    ) throws {
        let route = try route(Self.plans, "/a", plan: name)
        #expect(route == expected)
    }

    @Test func `without a route for the rest the next place that matches takes it`() throws {
        let matches = [#"{ path: "/*" }"#, "{ path: /a, when: '\"x\" in request.query' }"]
        let with = try route(matches, "/a?x=1")
        #expect(with == "r1")
        let without = try route(matches, "/a?y=1")
        #expect(without == "r0")
    }

    @Test func `a method counts before a condition`() throws {
        let matches = ["{ path: /a, method: GET }", "{ path: /a, when: 'true' }"]
        let get = try route(matches, "/a", .get)
        #expect(get == "r0")
        let post = try route(matches, "/a", .post)
        #expect(post == "r1")
    }

    @Test func `the same expression for paths may have several conditions`() throws {
        let matches = ["{ regex: '/a+' }", "{ regex: '/a+', when: '\"x\" in request.query' }"]
        let with = try route(matches, "/aa?x=1")
        #expect(with == "r1")
        let without = try route(matches, "/aa")
        #expect(without == "r0")
    }

    @Test(arguments: ["/a?n=1&n=2", "/a?n=many", "/a?N=9"])
    func `a condition that may or may not hold leads to no route that may be the wrong one`(target: String) throws {
        let plan = try plan(["{ path: /a }", "{ path: /a, when: 'int(request.query.n) > 5' }"])
        let route = try #require(plan.route(for: .example(.get, target)))
        #expect(route.name == "undecided")
        guard case .now(.reply(let reply)) = try route.stages[0].admit(.example()) else {
            Issue.record("it should answer at once")
            return
        }
        #expect(reply.status == .badRequest)
    }
}
