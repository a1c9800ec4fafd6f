import Foundation
import GatewayTesting
import L402
import NIOHTTP1
import Testing

/// With price servers in Python, made of the proto by grpcio-tools as their authors would do it.
@Suite(
    .enabled(
        if: ProtocolPeer.isExpected,
        "SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has grpcio-tools 1.85.1"
    ),
    .timeLimit(.minutes(5))
)
struct PricePeerTests {
    private struct Place: Decodable, Sendable {
        let port: Int
    }

    @Test func `the price server of the tour says what requests cost`() async throws {
        let server = try PythonUpstream("../prices/serve.py", ["{folder}", "pricer.py"])
        let port = try await server.place(as: Place.self).port
        try await PricedGateway.with("address: 127.0.0.1:\(port), timeout: 10s") { priced in
            try await priced.expects(.asked("1 sat"), "/quotes")
            try await priced.expects(.asked("5 sat"), "/count", .POST, body: #"{"model":"small"}"#)
            try await priced.expects(.asked("50 sat"), "/count", .POST, body: #"{"model":"large"}"#)
            try await priced.expects(.asked("50 sat"), "/count", .POST, body: #"{"model":"größer"}"#)
            try await priced.expects(.refused, "/count", .POST, body: "{}")
            try await priced.expects(.refused, "/count", .POST, body: "no JSON")
        }
        withExtendedLifetime(server) {}
    }

    @Test func `of a bundle whose balance a server keeps a token draws until nothing is left`() async throws {
        let server = try PythonUpstream("../prices/serve.py", ["{folder}", "bundles.py"])
        let port = try await server.place(as: Place.self).port
        try await PricedGateway.with("address: 127.0.0.1:\(port), timeout: 10s, metered: true") { priced in
            let token = try await priced.gateway.pay(try await priced.gateway.request("/priced/echo"))
            let paid = [("Authorization", token.authorization)]
            for _ in 1...3 { try await priced.expects(.served, "/echo", .GET, paid) }
            try await priced.expects(.asked("21 sat"), "/echo", .GET, paid)
            // A report goes out when its response has ended, and nobody waits for it.
            while try await priced.sees("/reports") != .asked("3 sat") {}
            try await priced.expects(.asked("21 sat"), "/echo", .GET, paid)
        }
        withExtendedLifetime(server) {}
    }

    @Test(arguments: [
        ("pricer.py", "absent  ChallengeMinted, AuthorizeRequest, ReportUsage"),
        ("bundles.py", "pass    AuthorizeRequest refuses when a bundle is spent"),
    ])
    func `they keep to the rules of the service`(script: String, line: String) async throws {
        let server = try PythonUpstream("../prices/serve.py", ["{folder}", script])
        let port = try await server.place(as: Place.self).port
        let command = try await SluiceCommand.run([
            "pricer", "test", "127.0.0.1:\(port)", "--service", "priced", "--timeout", "10s",
        ])
        #expect(command.status == 0, "\(command.text)")
        #expect(command.text.contains(line), "\(command.text)")
        withExtendedLifetime(server) {}
    }

    @Test func `the tour shows the price server that is tested`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let script = try String(contentsOf: root.appending(path: "Tests/Interop/prices/pricer.py"), encoding: .utf8)
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let listed = script.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "   \($0)" }.joined(separator: "\n")
        #expect(readme.contains(listed))
        #expect(script.split(separator: "\n", omittingEmptySubsequences: false).count <= 31)
    }
}
