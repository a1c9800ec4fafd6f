import GatewayKit
import GatewayPolicy
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// Which route a request gets whose body decides.
struct CallRoutingTests {
    private static let policy = """
        version: 1
        routes:
          - { name: all, match: { path: "/*" }, pipeline: [respond] }
          - { name: server, match: { path: /mcp, method: [GET, DELETE] }, pipeline: [respond] }
          - { name: search, match: { path: /mcp, mcp: tools/call, tool: search }, pipeline: [respond] }
          - { name: tools, match: { path: /mcp, mcp: tools/call }, pipeline: [respond] }
          - { name: manual, match: { path: /mcp, mcp: resources/read, resource: "docs://manual/*" }, pipeline: [respond] }
          - { name: first, match: { path: /mcp, mcp: resources/read, resource: "docs://manual/1" }, pipeline: [respond] }
          - { name: node, match: { path: /node, jsonrpc: eth_call }, pipeline: [respond] }
          - { name: posted, match: { path: /node, method: POST }, pipeline: [respond] }
          - { name: exact, match: { path: /exact }, pipeline: [respond] }
        """

    private final class Body: RequestBodySource {
        private let text: String

        init(_ text: String) {
            self.text = text
        }

        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> { .now(ByteBuffer(string: text)) }
    }

    /// The route's name, or the status of the answer.
    private func route(_ method: HTTPRequest.Method, _ path: String, _ text: String?) throws -> String? {
        let plan = try #require(PolicyLoader.outcome(of: Self.policy).plan)
        let request = RequestHead.example(method, path, body: text.map { .length(UInt64($0.utf8.count)) } ?? .none)
        guard let route = plan.route(for: request) else { return nil }
        let exchange = Exchange.example(request, route: route)
        let body = Body(text ?? "")
        exchange.bodySource = body
        let decision = try route.stages[0].admit(exchange).immediate
        if case .reply(let reply)? = decision { return "\(reply.status.code)" }
        return exchange.route.name
    }

    private static func call(_ method: String, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"#
    }

    @Test(arguments: [
        ("/mcp", call("tools/call", #"{"name":"search"}"#), "search"),
        ("/mcp", call("tools/call", #"{"name":"other"}"#), "tools"),
        ("/mcp", call("resources/read", #"{"uri":"docs://manual/1"}"#), "first"),
        ("/mcp", call("resources/read", #"{"uri":"docs://manual/12"}"#), "manual"),
        ("/mcp", call("resources/read", #"{"uri":"docs://manualx/12"}"#), "all"),
        ("/mcp", call("initialize"), "all"), ("/mcp", #"{"jsonrpc":"2.0","id":1,"result":{}}"#, "all"),
        ("/mcp", call("eth_call"), "all"), ("/node", call("eth_call"), "node"), ("/node", call("other"), "posted"),
        ("/exact", call("tools/call", #"{"name":"search"}"#), "exact"), ("/mcp", "{}", "400"),
        ("/mcp", call("tools/call"), "400"),
    ])
    func `a call gets the most specific route that matches it`(path: String, body: String, expected: String) throws {
        #expect(try route(.post, path, body) == expected)
    }

    @Test func `a request without a body needs no look at it`() throws {
        #expect(try route(.get, "/mcp", nil) == "server")
        #expect(try route(.delete, "/mcp", nil) == "server")
        #expect(try route(.get, "/node", nil) == "all")
    }

    @Test func `another method with a body goes through the same door`() throws {
        #expect(try route(.delete, "/mcp", Self.call("tools/call", #"{"name":"search"}"#)) == "search")
        #expect(try route(.get, "/mcp", "x") == "400")
    }
}
