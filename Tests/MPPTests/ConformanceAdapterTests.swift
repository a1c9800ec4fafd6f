import Foundation
import GatewayKit
import MPP
import Testing

/// The adapter as a harness runs it: a process for each question.
struct ConformanceAdapterTests {
    private static let executable: URL? = {
        let folders = [
            Bundle.main.executableURL?.deletingLastPathComponent(),
            URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(),
            SharedVectors.packageRoot.appending(path: ".build/debug"),
        ]
        return folders.compactMap { $0?.appending(path: "ConformanceAdapter") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    private func answer(_ operation: String, _ input: JSONValue) throws -> JSONValue {
        let process = Process()
        let (question, output) = (Pipe(), Pipe())
        let executable = try #require(Self.executable, "the adapter is not built")
        process.executableURL = executable
        process.standardInput = question
        process.standardOutput = output
        try process.run()
        let call = JSONValue.object([
            .init("schema", .number(1)), .init("op", .string(operation)), .init("input", input),
        ])
        try question.fileHandleForWriting.write(contentsOf: Data(call.canonical.utf8))
        try question.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONReader.value(of: [UInt8](answer))
    }

    private let challenge = #"{"id":"x","intent":"charge","method":"tempo","realm":"r","request":{"amount":"1"}}"#

    private func value(_ text: String) throws -> JSONValue { try JSONReader.value(of: Array(text.utf8)) }

    @Test func `what is formatted is parsed again`() throws {
        let formatted = try answer("challenge.format", try value(challenge))
        #expect(formatted["ok"]?.canonical == "true")
        let parsed = try answer("challenge.parse", try #require(formatted["value"]))
        #expect(parsed["value"]?.canonical == challenge)

        let credential = #"{"challenge":\#(challenge),"payload":{"a":1},"source":"did:key:z"}"#
        let written = try answer("credential.format", try value(credential))
        #expect(try answer("credential.parse", try #require(written["value"]))["value"]?.canonical == credential)
    }

    @Test func `texts, ids and receipts are answered in their form`() throws {
        #expect(try answer("base64url.encode", try value(#"{"text":"hé"}"#))["value"]?["text"]?.text == "aMOp")
        #expect(try answer("base64url.decode", try value(#"{"text":"aMOp"}"#))["value"]?["text"]?.text == "hé")
        let secret = "test-vector-secret-minimum-32-byte-secret"
        let input =
            #"{"secretKey":"\#(secret)","realm":"api.example.com","method":"tempo","intent":"charge","#
            + #""request":{"amount":"1000000"},"description":"x"}"#
        let id = try answer("challenge.id", try value(input))
        #expect(id["value"]?["id"]?.text == "6QDs0BmhrI_v67iWeCMvGqQJEFQ6ErWKlk7zi5xL6t0")
        let receipt = #"{"method":"tempo","reference":"0x1","status":"success","timestamp":"2025-01-06T12:00:00Z"}"#
        let field = try answer("receipt.format", try value(receipt))
        #expect(try answer("receipt.parse", try #require(field["value"]))["value"]?.canonical == receipt)
    }

    @Test(arguments: [
        ("challenge.parse", #"{"header":"Bearer x"}"#, "parse_error"),
        ("challenge.parse", #"{"header":"Payment id=\"a\", id=\"b\""}"#, "parse_error"),
        ("credential.parse", #"{"header":"Payment !!!"}"#, "parse_error"),
        ("receipt.parse", #"{"header":"e30"}"#, "parse_error"),
        ("base64url.decode", #"{"text":"_w"}"#, "encoding_error"),
        (
            "challenge.id", #"{"secretKey":"short","realm":"r","method":"m","intent":"i","request":{}}"#,
            "generation_error"
        ),
        ("tea.make", "{}", "unsupported_operation"),
        (
            "challenge.format",
            #"{"id":"x","realm":"r\r\nX: y","method":"m","intent":"i","request":{}}"#, "format_error"
        ),
    ])
    func `what cannot be done has its type of error`(operation: String, input: String, type: String) throws {
        let answer = try answer(operation, try value(input))
        #expect(answer["ok"]?.canonical == "false")
        #expect(answer["error"]?["type"]?.text == type)
    }
}
