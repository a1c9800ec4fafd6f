import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import MPP
import Testing

/// The conformance adapter as a client, as the suite's flows run it.
struct AdapterTests {
    private static let executable: URL? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folders = [
            Bundle.main.executableURL?.deletingLastPathComponent(),
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(), root.appending(path: ".build/debug"),
        ]
        return folders.compactMap { $0?.appending(path: "ConformanceAdapter") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    private func answer(_ url: String, mode: String, payload: [(String, String)], body: String? = nil) async throws
        -> JSONValue
    {
        let input = JSONValue.object(
            [
                .init("url", .string(url)), .init("method", .string(body == nil ? "GET" : "POST")),
                .init("headers", .texts([("X-Kept", "yes")])),
                .init("body", body.map { JSONValue.string($0) } ?? .null),
                .init("payment", .object([.init("payload", .texts(payload.map { ($0.0, $0.1) }))])),
                .init("mode", .string(mode)),
            ]
        )
        let call = JSONValue.object([
            .init("schema", .number(1)), .init("op", .string("http.payment_request")), .init("input", input),
        ])
        let executable = try #require(Self.executable, "the adapter is not built")
        // Waiting for a process blocks its thread, which the gateway in this process may need.
        let output = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let (question, output) = (Pipe(), Pipe())
                        process.executableURL = executable
                        process.standardInput = question
                        process.standardOutput = output
                        try process.run()
                        try question.fileHandleForWriting.write(contentsOf: Data(call.canonical.utf8))
                        try question.fileHandleForWriting.close()
                        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        return answer
                    }
                )
            }
        }
        let answer = try JSONReader.value(of: [UInt8](output))
        #expect(answer["ok"]?.canonical == "true", "\(answer.canonical)")
        return try #require(answer["value"])
    }

    private func problem(_ answer: JSONValue) throws -> String? {
        let body = try JSONReader.value(of: Array((answer["body"]?.text ?? "").utf8))
        return body["type"]?.text?.replacing("https://paymentauth.org/problems/", with: "")
    }

    private static let preimage = String(repeating: "0", count: 64)

    @Test(arguments: [
        ("plain", [("preimage", preimage)], "payment-required"),
        ("invalid_payload", [("proof", "x")], "lightning/malformed-credential"),
        ("payment", [("preimage", preimage)], "lightning/invalid-preimage"),
        ("mismatched_request", [("preimage", preimage)], "lightning/unknown-challenge"),
        ("invalid_challenge_id", [("preimage", preimage)], "lightning/unknown-challenge"),
    ])
    func `is refused by the gateway as each mode should be`(mode: String, payload: [(String, String)], type: String)
        async throws
    {
        try await TestGateway.withPayments { gateway in
            let answer = try await answer("\(gateway.url)/echo", mode: mode, payload: payload)
            #expect(answer["status"]?.canonical == "402")
            #expect(answer["headers"]?["cache-control"]?.text == "no-store")
            #expect(try problem(answer) == type)
        }
    }

    @Test func `pays a server that asks it to, and keeps fields and body`() async throws {
        let line = try PaymentChallenge(
            id: "x",
            realm: "127.0.0.1",
            method: "lightning",
            intent: "charge",
            request: Base64.url.encoded(#"{"amount":"1"}"#)
        ).line()
        try await ScriptedService.with { call in
            guard let value = call.authorization.first else {
                var reply = Reply(.init(code: 402), detail: "pay")
                reply.fields.add(.wwwAuthenticate, line)
                return reply
            }
            let credential = try PaymentCredential(token: Array(value.utf8.dropFirst("Payment ".utf8.count)))
            return .text("\(call.method) \(call.body) \(credential.payload["preimage"]?.text ?? "unpaid")")
        } _: { service in
            let url = "\(service.url)/paid"
            let paid = try await answer(url, mode: "payment", payload: [("preimage", "p")], body: "question")
            #expect(paid["status"]?.canonical == "200")
            #expect(paid["body"]?.text == "POST question p")
            let plain = try await answer(url, mode: "plain", payload: [])
            #expect(plain["status"]?.canonical == "402")
        }
    }
}
