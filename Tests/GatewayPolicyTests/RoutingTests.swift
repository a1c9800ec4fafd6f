import GatewayKit
import GatewayPolicy
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// Which route a request gets.
struct RoutingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The `match` of each route; its index is the route's name.
        let matches: [String]
        /// Method, host, path, and the route that they get.
        let requests: [(HTTPRequest.Method, String, String, Int?)]

        init(_ matches: [String], _ requests: [(HTTPRequest.Method, String, String, Int?)]) {
            self.matches = matches
            self.requests = requests
        }

        var testDescription: String { matches.joined(separator: " ") }
    }

    static let cases: [Case] = [
        // Paths
        Case(
            ["{ path: /a }"],
            [
                (.get, "h", "/a", 0), (.get, "h", "/a/", nil), (.get, "h", "/", nil), (.get, "h", "/A", nil),
                (.get, "h", "/a/b", nil), (.get, "h", "/a?x=/b", 0), (.get, "h", "//a", 0), (.get, "h", "/x/../%61", 0),
            ]
        ),
        Case(["{ path: / }"], [(.get, "h", "/", 0), (.get, "h", "/a", nil)]),
        Case(["{ path: /a/ }"], [(.get, "h", "/a/", 0), (.get, "h", "/a", nil)]),
        Case(
            ["{ path: '/a/*' }"],
            [
                (.get, "h", "/a/", 0), (.get, "h", "/a/b", 0), (.get, "h", "/a/b/c", 0), (.get, "h", "/a", nil),
                (.get, "h", "/ab", nil),
            ]
        ),
        Case(["{ path: '/*' }", "{ path: /a }"], [(.get, "h", "/", 0), (.get, "h", "/a", 1), (.get, "h", "/a/b", 0)]),
        Case(
            ["{ path: '/a/{x}' }"],
            [
                (.get, "h", "/a/b", 0), (.get, "h", "/a/", nil), (.get, "h", "/a", nil), (.get, "h", "/a/b/c", nil),
                (.get, "h", "/a/b%2Fc", 0),
            ]
        ),
        Case(
            ["{ path: '/a/{x}' }", "{ path: '/a/%2F' }", "{ path: '/a/x/y' }"],
            [(.get, "h", "/a/%2f", 1), (.get, "h", "/a/x%2Fy", 0), (.get, "h", "/a/x/y", 2)]
        ),
        // The most specific path wins
        Case(
            [
                "{}", "{ path: '/a/*' }", "{ path: '/a/b/*' }", "{ regex: '/a/b/.+' }", "{ path: '/a/{x}/{y}' }",
                "{ path: '/a/b/{y}' }", "{ path: '/a/b/c' }",
            ],
            [
                (.get, "h", "/a/b/c", 6), (.get, "h", "/a/b/d", 5), (.get, "h", "/a/c/d", 4),
                (.get, "h", "/a/b/c/d", 3), (.get, "h", "/a/b/", 2), (.get, "h", "/a/x", 1), (.get, "h", "/x", 0),
            ]
        ),
        Case(
            ["{ path: '/{x}/b/*' }", "{ path: '/a/*' }", "{ path: '/a/{y}/c/*' }"],
            [(.get, "h", "/a/b/x", 0), (.get, "h", "/a/c/x", 1), (.get, "h", "/a/b/c/x", 2), (.get, "h", "/c/b/", 0)]
        ),
        // Where a literal leads nowhere, a parameter may fit
        Case(
            ["{ path: '/a/b/c' }", "{ path: '/a/{x}/d' }", "{ path: '/{x}/b/e' }", "{ path: '/{x}/{y}/{z}' }"],
            [
                (.get, "h", "/a/b/c", 0), (.get, "h", "/a/b/d", 1), (.get, "h", "/a/b/e", 2), (.get, "h", "/a/b/f", 3),
                (.get, "h", "/a/b", nil),
            ]
        ),
        Case(
            ["{ path: /a/b, method: POST }", "{ path: '/a/{x}' }", "{ path: '/*', method: PUT }"],
            [(.post, "h", "/a/b", 0), (.get, "h", "/a/b", 1), (.put, "h", "/a/b", 1), (.put, "h", "/a/b/c", 2)]
        ),
        // Regular expressions, in their order
        Case(
            ["{ regex: '/[a-z]+' }", "{ regex: '/[a-y]+' }", "{ regex: '/\\d+', method: GET }"],
            [
                (.get, "h", "/abc", 0), (.get, "h", "/abc/d", nil), (.get, "h", "/12", 2), (.post, "h", "/12", nil),
                (.get, "h", "/1a", nil),
            ]
        ),
        Case(
            ["{ regex: '/a/.+' }", "{ regex: '/.+' }", "{ regex: '/a/b/.+' }", "{ regex: '/c/d' }"],
            [(.get, "h", "/a/b/c", 0), (.get, "h", "/c/d", 1), (.get, "h", "/a/", 1), (.get, "h", "/", nil)]
        ),
        // What stands before a quantifier, or in an alternative, need not be there
        Case(
            [
                "{ regex: '/a/?b' }", "{ regex: '/c/{0,1}d' }", "{ regex: '/e/*f' }", "{ regex: '/g/h|/i/j' }",
                "{ regex: '(?i)/k/l' }", "{ regex: '^/m/n' }", "{ regex: '/o/+p' }", "{ regex: '/q/r\\.s/t' }",
                "{ regex: '/u\\/v' }",
            ],
            [
                (.get, "h", "/ab", 0), (.get, "h", "/a/b", 0), (.get, "h", "/cd", 1), (.get, "h", "/c/d", 1),
                (.get, "h", "/ef", 2), (.get, "h", "/e/f", 2), (.get, "h", "/g/h", 3), (.get, "h", "/i/j", 3),
                (.get, "h", "/K/L", 4), (.get, "h", "/m/n", 5), (.get, "h", "/o/p", 6), (.get, "h", "/op", nil),
                (.get, "h", "/q/r.s/t", 7), (.get, "h", "/q/rxs/t", nil), (.get, "h", "/u/v", 8),
            ]
        ),
        // Methods
        Case(
            ["{ path: /a, method: GET }"],
            [(.get, "h", "/a", 0), (.head, "h", "/a", 0), (.post, "h", "/a", nil), (.options, "h", "/a", nil)]
        ),
        Case(
            ["{ path: /a, method: GET }", "{ path: /a, method: [HEAD, POST] }", "{ path: /a }"],
            [(.get, "h", "/a", 0), (.head, "h", "/a", 1), (.post, "h", "/a", 1), (.put, "h", "/a", 2)]
        ),
        Case(["{ path: /a }", "{ path: /a, method: GET }"], [(.head, "h", "/a", 1), (.put, "h", "/a", 0)]),
        Case(["{ method: POST }", "{}"], [(.post, "h", "/a", 0), (.get, "h", "/a", 1)]),
        // gRPC
        Case(
            ["{ grpc: a.v1.B/C }", "{ grpc: a.v1.B/* }"],
            [
                (.post, "h", "/a.v1.B/C", 0), (.post, "h", "/a.v1.B/D", 1), (.get, "h", "/a.v1.B/C", nil),
                (.post, "h", "/a.v1.X/C", nil),
            ]
        ),
        // Hosts
        Case(
            [
                "{ host: api.example.com }", "{ host: '*.example.com' }", "{ host: '*.b.example.com' }", "{}",
                "{ host: '[::1]' }",
            ],
            [
                (.get, "api.example.com", "/", 0), (.get, "api.example.com:8402", "/", 0),
                (.get, "API.Example.COM", "/", 0), (.get, "api.example.com.", "/", 0), (.get, "a.example.com", "/", 1),
                (.get, "x.a.example.com", "/", 1), (.get, "a.b.example.com:1", "/", 2), (.get, "example.com", "/", 3),
                (.get, ".example.com", "/", 3), (.get, "xexample.com", "/", 3), (.get, "", "/", 3),
                (.get, "[::1]:8402", "/", 4), (.get, "[::1]", "/", 4), (.get, "[::1", "/", 4), (.get, "[", "/", 3),
                (.get, "b.example.com", "/", 1), (.get, ":80", "/", 3), (.get, ".", "/", 3),
            ]
        ),
        // The host comes first, and what it lacks is looked for at the next
        Case(
            ["{ host: a.b.c, path: '/x/*' }", "{ host: '*.c', path: /x/y }", "{ path: /z }", "{ host: '*.b.c' }"],
            [
                (.get, "a.b.c", "/x/y", 0), (.get, "d.c", "/x/y", 1), (.get, "a.b.c", "/z", 3), (.get, "d.c", "/z", 2),
                (.get, "d.c", "/x", nil),
            ]
        ),
        Case(
            ["{ host: a, path: /x, method: POST }", "{ path: /x }"],
            [(.post, "a", "/x", 0), (.get, "a", "/x", 1), (.post, "b", "/x", 1)]
        ),
    ]

    @Test(arguments: cases)
    func `a request gets the most specific route that matches it`(_ example: Case) throws {
        let plan = try #require(RandomPolicy.plan(example.matches))
        for (method, host, path, expected) in example.requests {
            let route = plan.route(for: .example(method, path, host: host))
            #expect(route?.name == expected.map { "r\($0)" }, "\(method) \(host) \(path)")
        }
    }

    @Test func `the target * matches only a route for every path`() throws {
        func request(_ plan: Plan) -> String? {
            let head = RequestHead(
                method: .options,
                version: .http1_1,
                authorityBytes: ByteBuffer(string: "h"),
                pathBytes: ByteBuffer(string: "*"),
                queryBytes: ByteBuffer(),
                fields: Fields(),
                body: .none
            )
            return plan.route(for: head)?.name
        }
        #expect(request(try #require(RandomPolicy.plan(["{ path: '/*' }"]))) == nil)
        #expect(request(try #require(RandomPolicy.plan(["{}"]))) == "r0")
    }

    @Test func `a route has the service of its name unless it names one`() throws {
        let text = """
            version: 1
            routes:
              - { name: a, match: { path: /a }, pipeline: [respond] }
              - { name: b, service: s, match: { path: /b }, pipeline: [respond] }
            """
        let plan = try #require(PolicyLoader.outcome(of: text).plan)
        #expect(plan.routes.map(\.route.service) == ["a", "s"])
    }

    @Test func `an expression that is nested without end is a mistake`() {
        let regex = "/" + String(repeating: "(", count: 2_000) + "a" + String(repeating: ")", count: 2_000)
        let text = "version: 1\nroutes:\n  - { name: a, match: { regex: '\(regex)' }, pipeline: [respond] }\n"
        let messages = PolicyLoader.outcome(of: text).mistakes.map(\.message)
        #expect(messages == ["'regex' has more than 64 parentheses or brackets in one another"])
    }

    @Test func `an expression that repeats repetitions is checked in little memory`() {
        let regex = "/" + String(repeating: "(?:", count: 6) + "a" + String(repeating: "{64})", count: 6)
        let text = "version: 1\nroutes:\n  - { name: a, match: { regex: '\(regex)' }, pipeline: [respond] }\n"
        #expect(PolicyLoader.outcome(of: text).plan != nil)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `the table finds what trying every route finds`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let policy = RandomPolicy(using: &random)
        let plan = try #require(policy.plan)
        for _ in 0..<80 {
            let request = policy.request(using: &random)
            let expected = policy.route(method: request.method, host: request.host, path: request.path)
            let found = plan.route(for: .example(request.method, request.path, host: request.host))
            #expect(
                found?.name == expected.map { "r\($0)" },
                "\(request.method) \(request.host) \(request.path) of \(policy.matches.map(\.text))"
            )
        }
    }
}
