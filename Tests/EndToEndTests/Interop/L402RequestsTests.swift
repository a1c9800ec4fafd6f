import Foundation
import GatewayKit
import GatewayTesting
import Testing

/// With l402-requests, a client that shares no code with this one. `SLUICE_INTEROP_PYTHON` is the path of a Python that
/// has it.
@Suite(
    .enabled(
        if: L402RequestsPeer.isExpected,
        "SLUICE_INTEROP_PYTHON is not set: it should be the path of a python that has l402-requests 0.9.0"
    )
)
struct L402RequestsTests {
    @Test func `l402-requests buys a token through its lnd wallet and uses it twice for one payment`() async throws {
        try await TestGateway.with { gateway in
            let answer = try await L402RequestsPeer.buyAndUse("\(gateway.url)/quotes", node: gateway.node)
            #expect(answer.statuses == [200, 200])
            #expect(answer.bodies.allSatisfy { $0.hasPrefix("GET /quotes\n") })
            #expect(answer.payments == 1)
            let settled = try await gateway.store.values(withPrefix: "dev/settled/")
            #expect(settled.count == 1, "payments that the node took")
        }
    }
}

/// Runs the scripts of `Tests/Interop`.
enum L402RequestsPeer {
    struct Answer: Decodable {
        let statuses: [Int]
        let bodies: [String]
        let payments: Int
    }

    private static let environment = ProcessInfo.processInfo.environment
    static let isExpected = environment["SLUICE_INTEROP_PYTHON"] != nil || environment["CI"] != nil

    static func buyAndUse(_ url: String, node: String) async throws -> Answer {
        try await run("buy_and_use.py", url, node)
    }

    static func run<Content: Decodable & Sendable>(_ name: String, _ arguments: String...) async throws -> Content {
        let python = try #require(environment["SLUICE_INTEROP_PYTHON"], "CI needs SLUICE_INTEROP_PYTHON")
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Interop/\(name)")
        // Waiting for a process blocks its thread, which the gateway in this process may need.
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let output = Pipe()
                        process.executableURL = URL(filePath: python)
                        process.arguments = [script.path] + arguments
                        process.standardOutput = output
                        try process.run()
                        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        guard process.terminationStatus == 0 else {
                            throw ConformanceFailure("\(name) ended with \(process.terminationStatus)")
                        }
                        return try JSONDecoder().decode(Content.self, from: answer)
                    }
                )
            }
        }
    }
}
