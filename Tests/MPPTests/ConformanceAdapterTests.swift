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

    // MARK: A server's verdicts

    /// A case of the suite's kind: what the route says, and what the echoed challenge says otherwise.
    struct Verdict: Sendable, CustomStringConvertible {
        let description: String
        /// Members of the echoed challenge; `nil` takes one away.
        let changes: [(name: String, value: String?)]
        /// Whether the id is that of the challenge as it was changed.
        var isSigned = true
        var method: String?
        let expected: String
    }

    /// The cases of `conformance/server-verification/cases.json` (tempoxyz/mpp-tools, MIT), with a secret of the length
    /// that is asked for now.
    static let verdicts: [Verdict] = [
        Verdict(description: "valid", changes: [], expected: "true"),
        Verdict(description: "missing expires", changes: [("expires", nil)], expected: "invalid_challenge"),
        Verdict(description: "expired", changes: [("expires", "2020-01-01T00:00:00Z")], expected: "payment_expired"),
        Verdict(
            description: "tampered id",
            changes: [("id", "invalid-challenge-id")],
            isSigned: false,
            expected: "invalid_challenge"
        ),
        Verdict(description: "other realm", changes: [("realm", "other.example.com")], expected: "invalid_challenge"),
        Verdict(description: "other request", changes: [("amount", "101")], expected: "invalid_challenge"),
        Verdict(
            description: "tampered amount",
            changes: [("amount", "101")],
            isSigned: false,
            expected: "invalid_challenge"
        ),
        Verdict(description: "other opaque", changes: [("opaque", "e30")], expected: "invalid_challenge"),
        Verdict(description: "method's own check", changes: [], method: "rejected", expected: "verification_failed"),
    ]

    @Test(arguments: verdicts) func `a server's verdict is the suite's`(verdict: Verdict) throws {
        let secret = "test-vector-secret-minimum-32-byte-secret"
        func challenge(_ changes: [(name: String, value: String?)]) -> [(String, String)] {
            var members = [
                ("realm", "api.example.com"), ("method", "tempo"), ("intent", "charge"),
                ("expires", "2099-01-01T00:00:00Z"), ("amount", "100"),
            ]
            for change in changes {
                members.removeAll { $0.0 == change.name }
                if let value = change.value { members.append((change.name, value)) }
            }
            return members
        }
        func value(_ members: [(String, String)], _ more: [JSONValue.Member] = []) -> JSONValue {
            let amount = members.first { $0.0 == "amount" }?.1
            let request = JSONValue.texts([("amount", amount), ("currency", "0xabc"), ("recipient", "0xdef")])
            let others = members.filter { $0.0 != "amount" }.map { JSONValue.Member($0.0, .string($0.1)) }
            return .object(others + [.init("request", request)] + more)
        }
        let route = challenge([])
        let echo = challenge(verdict.changes)
        let signed = value(verdict.isSigned ? echo : route, [.init("secretKey", .string(secret))])
        let id = try #require(try answer("challenge.id", signed)["value"]?["id"]?.text)
        let hasID = echo.contains { $0.0 == "id" }
        let credential = JSONValue.object([
            .init("challenge", value(hasID ? echo : echo + [("id", id)])),
            .init("payload", .texts([("type", "hash")])),
        ])
        var more: [JSONValue.Member] = [
            .init("secretKey", .string(secret)), .init("credential", credential),
        ]
        if let reason = verdict.method { more.append(.init("verificationError", .string(reason))) }
        let result = try answer("server.verify", value(route, more))
        #expect(result["ok"]?.canonical == "true")
        if verdict.expected == "true" {
            #expect(
                result["value"]?.canonical
                    == #"{"ok":true,"receipt":{"method":"tempo","reference":"conformance-receipt","status":"success","#
                    + #""timestamp":"2026-01-29T12:00:00Z"}}"#
            )
        } else {
            #expect(result["value"]?.canonical == #"{"errorType":"\#(verdict.expected)","ok":false}"#)
        }
    }

    static let goldenCredentials =
        [["charge", "credential"], ["charge_digest_header", "credential"]]
        + ["open", "bearer", "topUp", "close"].map { ["session", $0] }

    /// By now the offers of the golden exchange have ended, which is looked at after their ids.
    @Test(.enabled(if: SharedVectors.areExpected), arguments: goldenCredentials)
    func `what others made is known by the secret, and by no other`(path: [String]) throws {
        let golden = try JSONReader.value(of: try SharedVectors.bytes("mpp-golden/lightning-exchange.json"))
        var node = golden
        for name in path { node = try #require(node[name]) }
        let authorization = try #require(node["authorization"]?.text)
        let credential = try PaymentCredential(token: Array(authorization.utf8.dropFirst("Payment ".utf8.count)))
        let challenge = credential.challenge
        let echo =
            challenge.parameters.filter { $0.name != "request" }.map { JSONValue.Member($0.name, .string($0.value)) }
            + [.init("request", try challenge.requestObject())]
        let presented = JSONValue.object([.init("challenge", .object(echo)), .init("payload", credential.payload)])
        let secret = try #require(golden["secret_utf8"]?.text)
        for (secret, expected) in [(secret, "payment_expired"), (String(secret.reversed()), "invalid_challenge")] {
            let input = JSONValue.object(
                echo + [.init("secretKey", .string(secret)), .init("credential", presented)]
            )
            #expect(try answer("server.verify", input)["value"]?["errorType"]?.text == expected)
        }
    }

    @Test func `a mode that there is not, and a place where nobody is, are errors of HTTP`() throws {
        for input in [#"{"url":"http://127.0.0.1:1/","mode":"plain"}"#, #"{"url":"http://127.0.0.1:1/","mode":"tea"}"#]
        {
            let answer = try answer("http.payment_request", try value(input))
            #expect(answer["ok"]?.canonical == "false")
            #expect(answer["error"]?["type"]?.text == "http_error")
        }
    }
}
