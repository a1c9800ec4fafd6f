import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

extension TestGateway {
    /// Routes that share a path and differ by what a body calls.
    static let callRoutes = """
          - name: rpc
            match: { path: /rpc }
            pipeline: [ use: open ]
          - { name: search, match: { path: /rpc, mcp: tools/call, tool: search }, pipeline: [ use: charged ] }
          - name: tools
            match: { path: /rpc, mcp: tools/call }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 3 sat, forward: echo ]
          - name: free-tool
            match: { path: /rpc, mcp: tools/call, tool: free }
            pipeline: [ use: open ]
          - name: manual
            match: { path: /rpc, mcp: resources/read, resource: "docs://manual/*" }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 5 sat, forward: echo ]
          - name: greet
            match: { path: /rpc, mcp: prompts/get, prompt: greet }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 4 sat, forward: echo ]
          - name: token
            match: { path: /rpc, mcp: tools/call, tool: token }
            pipeline: [ use: paid ]
          - name: either
            match: { path: /rpc, mcp: tools/call, tool: either }
            pipeline: [ use: either-scheme, price: 10 sat, forward: echo ]
          - name: lenient
            match: { path: /rpc, mcp: tools/call, tool: lenient }
            pipeline:
              - auth: { use: mpp, charge-on: success }
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - forward: echo
          - name: limited
            match: { path: /rpc, mcp: tools/call, tool: limited }
            pipeline: [ rate-limit: { limit: 1/h, per: address }, forward: echo ]
          - name: down
            match: { path: /rpc, mcp: tools/call, tool: down }
            pipeline: [ rate-limit: { limit: 1000/s }, forward: nobody ]
          - name: small
            match: { path: /rpc, mcp: tools/call, tool: small }
            max-body: 1 KiB
            pipeline: [ use: open ]
          - name: http2
            match: { path: /rpc, mcp: tools/call, tool: http2 }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 10 sat, forward: echo2 ]
          - name: plain
            match: { path: /plain, jsonrpc: eth_call }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 2 sat, forward: { to: echo, rewrite: /rpc } ]
        """

    static func withCalls<Result>(_ body: (TestGateway) async throws -> Result) async throws -> Result {
        try await with(routes: callRoutes, body)
    }

    /// A call of a tool.
    static func call(
        _ tool: String,
        _ arguments: String = "{}",
        id: String = "1",
        meta: String? = nil,
        rootMeta: String? = nil
    ) -> String {
        let inner = meta.map { ",\"_meta\":{\($0)}" } ?? ""
        let outer = rootMeta.map { ",\"_meta\":{\($0)}" } ?? ""
        return
            #"{"jsonrpc":"2.0","id":\#(id),"method":"tools/call","params":{"name":"\#(tool)","arguments":\#(arguments)\#(inner)}\#(outer)}"#
    }

    func send(_ body: String, _ fields: [(String, String)] = [], to path: String = "/rpc") async throws -> Answer {
        try await request(path, method: .POST, [("Content-Type", "application/json")] + fields, body: body)
    }

    /// The member of `_meta` that pays for a call which was refused with this answer.
    func payment(for answer: Answer) async throws -> String {
        guard case .array(let challenges)? = answer.error?["data"]?["challenges"], let challenge = challenges.first,
            let invoice = challenge["request"]?["methodDetails"]?["invoice"]?.text
        else { throw ConformanceFailure("no challenge: \(answer.status) \(answer.body)") }
        let preimage = try await pay(invoice).bytes.hex
        let credential = JSONValue.object([
            .init("challenge", challenge), .init("payload", .texts([("preimage", preimage)])),
        ])
        return "\"org.paymentauth/credential\":\(credential.canonical)"
    }
}

extension TestGateway.Answer {
    var message: JSONValue? { try? JSONReader.value(of: Array(body.utf8)) }
    var error: JSONValue? { message?["error"] }

    var code: Int? {
        guard case .number(let code)? = error?["code"] else { return nil }
        return Int(code)
    }

    var httpStatus: Int? {
        guard case .number(let status)? = error?["data"]?["httpStatus"] else { return nil }
        return Int(status)
    }

    /// What each challenge asks for.
    var amounts: [String] {
        guard case .array(let challenges)? = error?["data"]?["challenges"] else { return [] }
        return challenges.compactMap { $0["request"]?["amount"]?.text }
    }

    var callReceipt: JSONValue? { message?["result"]?["_meta"]?["org.paymentauth/receipt"] }
    /// The body that reached the service.
    var seen: String? { message?["result"]?["body"]?.text }
}
