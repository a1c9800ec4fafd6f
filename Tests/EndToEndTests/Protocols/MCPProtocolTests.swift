import Foundation
import GatewayTesting
import Testing

/// A server and a client with the official SDK of MCP, and pympp's wrapper that pays for tools: none of them shares code
/// with the gateway between them.
@Suite(.enabled(if: ProtocolPeer.isExpected, ProtocolPeer.whyNot))
struct MCPProtocolTests {
    private struct Place: Decodable, Sendable {
        let port: Int
    }

    private struct Report: Decodable {
        struct Capability: Decodable {
            let methods: [String: [String: [String]]]
        }
        struct Unpaid: Decodable {
            let code: Int
            let amounts: [String]
        }
        struct Receipt: Decodable {
            let reference: String
            let status: String
        }
        struct Payment: Decodable {
            let hash: String
            let amount: String
        }

        let capability: Capability?
        let tools: [String]
        let free: String
        let unpaid: Unpaid
        let paid: String
        let receipt: Receipt
        let seen: String
        let other: [Value]
        let dearer: Int
        let first: [String]
        let progress: [String]
        let second: Int
        let resource: [Value]
        let prompt: [Value]
        let payments: [Payment]
    }

    /// A number or a text.
    private enum Value: Decodable, Equatable {
        case number(Int)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self = try (try? container.decode(Int.self)).map { .number($0) } ?? .text(container.decode(String.self))
        }
    }

    /// The programs mostly read modules of Python before they say anything: two at a time, as there are cores.
    @Test(arguments: ["json", "sse"])
    func `pays for tools of a server behind the gateway`(answers: String) async throws {
        async let stateless: Void = Self.payForTools(answers, "stateless")
        async let sessions: Void = Self.payForTools(answers, "sessions")
        _ = try await (stateless, sessions)
    }

    private static func payForTools(_ answers: String, _ sessions: String) async throws {
        let server = try PythonUpstream("mcp_server.py", [answers, sessions])
        let port = try await server.place(as: Place.self).port
        let report: Report = try await TestGateway.with(routes: routes, echo: port) { gateway in
            try await ProtocolPeer.ask("mcp_client.py", ["\(gateway.url)/mcp", gateway.node])
        }
        #expect(report.capability?.methods == ["lightning": ["intents": ["charge"]]])
        #expect(report.tools == ["echo", "fail", "search", "seen"])
        #expect(report.free == "free")
        #expect(report.unpaid.code == -32_042)
        #expect(report.unpaid.amounts == ["10"])
        #expect(report.paid == "found a")
        #expect(report.receipt.status == "success")
        #expect(report.receipt.reference == report.payments.first?.hash)
        #expect(report.payments.map(\.amount) == ["10", "7"])
        #expect(!report.seen.contains("paymentauth"))
        #expect(report.other == [.number(-32_043), .text("service"), .number(1)])
        #expect(report.dearer == -32_043)
        #expect(report.first == ["found b", "success"])
        // One JSON document has no room for progress.
        #expect(report.progress == (answers == "sse" ? ["half way"] : []))
        #expect(report.second == -32_043)
        #expect(report.resource == [.number(-32_042), .text("5")])
        #expect(report.prompt == [.number(-32_042), .text("4")])
        withExtendedLifetime(server) {}
    }

    private static let routes = """
          - name: server
            match: { path: /mcp }
            pipeline: [ use: open ]
          - { name: search, match: { path: /mcp, mcp: tools/call, tool: search }, pipeline: [ use: charged ] }
          - name: others
            match: { path: /mcp, mcp: tools/call, tool: [fail, seen] }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 7 sat, forward: echo ]
          - name: manual
            match: { path: /mcp, mcp: resources/read, resource: "docs://manual/*" }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 5 sat, forward: echo ]
          - name: greet
            match: { path: /mcp, mcp: prompts/get, prompt: greet }
            pipeline: [ auth: mpp, rate-limit: { limit: 1000/s }, price: 4 sat, forward: echo ]
        """
}
