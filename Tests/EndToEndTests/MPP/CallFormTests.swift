import GatewayKit
import GatewayTesting
import MPP
import NIOHTTP1
import Testing

@Suite struct `A body that is looked at` {
    @Test(arguments: [
        ("", 400, -32_700), ("{", 400, -32_700), ("\u{FEFF}{}", 400, -32_700), (#"{"a":1,"a":2}"#, 400, -32_700),
        ("7", 400, -32_600), ("[]", 400, -32_600), ("{}", 400, -32_600), ("[7]", 400, -32_600),
        (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32_600),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#, 400, -32_600),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","result":1}"#, 400, -32_600),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"free","Name":"search"}}"#, 400, -32_600),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","paramſ":{"name":"search"}}"#, 400, -32_600),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["search"]}"#, 200, -32_602),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["search"]}}"#, 200, -32_602),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#, 200, -32_602),
    ])
    func `and is no call that everybody reads alike is refused`(body: String, status: Int, code: Int) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.send(body)
            #expect(answer.status == status)
            #expect(answer.code == code)
        }
    }

    @Test(arguments: [
        [("Content-Encoding", "gzip")], [("Content-Type", "application/json; charset=utf-16")],
        [("Content-Type", "application/json; charset=utf-8; charset=utf-7")],
        [("Content-Type", "application/json; charset\t=utf-7")],
        [("Content-Type", "application/json; charset*0=utf-7")],
        [("Content-Type", "application/x-www-form-urlencoded")],
    ])
    func `is UTF-8 that is not compressed`(fields: [(String, String)]) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.request("/rpc", method: .POST, fields, body: TestGateway.call("free"))
            #expect(answer.status == 415)
            #expect(answer.code == -32_600)
        }
    }

    @Test func `has a bound`() async throws {
        try await TestGateway.withCalls { gateway in
            let long = "\"\(String(repeating: "a", count: 1_100_000))\""
            let longest = try await gateway.send(TestGateway.call("free", long))
            #expect(longest.status == 413)
            #expect(longest.code == -32_600)
            let small = try await gateway.send(TestGateway.call("small", "\"\(String(repeating: "a", count: 2_000))\""))
            #expect(small.status == 200)
            #expect(small.httpStatus == 413)
        }
    }

    @Test func `that must be paid for is dropped where nobody waits for an answer`() async throws {
        try await TestGateway.withCalls { gateway in
            let call = #"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"search"}}"#
            let dropped = try await gateway.send(call, [("X-Answer", "503")])
            #expect(dropped.status == 202)
            #expect(dropped.body.isEmpty)
            let free = try await gateway.send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            #expect(free.status == 202)
            // The service says so itself.
            let passed = try await gateway.send(#"{"jsonrpc":"2.0","method":"ping"}"#, [("X-Answer", "503")])
            #expect(passed.status == 503)
            #expect(passed.body == "not now")
        }
    }

    @Test func `may be a batch as long as nothing in it costs anything`() async throws {
        try await TestGateway.withCalls { gateway in
            let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
            let free = try await gateway.send("[\(ping),\(ping)]", [("X-Answer", "503")])
            #expect(free.status == 503)
            for batch in ["[\(ping),\(TestGateway.call("search"))]", "[\(TestGateway.call("search"))]"] {
                let payable = try await gateway.send(batch)
                #expect(payable.status == 400)
                #expect(payable.code == -32_600)
                #expect(
                    payable.error?["data"]?["detail"]?.text?.hasPrefix("a batch may hold no call that costs") == true
                )
            }
            let mixed = try await gateway.send("[\(ping),\(TestGateway.call("free"))]")
            #expect(mixed.status == 400)
            let long = try await gateway.send("[\(Array(repeating: ping, count: 101).joined(separator: ","))]")
            #expect(long.status == 400)
        }
    }

    @Test func `must not be contradicted by fields`() async throws {
        try await TestGateway.withCalls { gateway in
            let call = TestGateway.call("free")
            let fields = [("Mcp-Method", "tools/call"), ("Mcp-Name", "free")]
            #expect(try await gateway.send(call, fields).seen == call)
            #expect(try await gateway.send(call, [("Mcp-Name", "=?base64?ZnJlZQ==?=")]).seen == call)
            for other in [("Mcp-Method", "ping"), ("Mcp-Name", "search")] {
                let answer = try await gateway.send(call, [other])
                #expect(answer.code == -32_600)
            }
        }
    }

    @Test func `is told of everything else in the form of its call`() async throws {
        try await TestGateway.withCalls { gateway in
            let down = try await gateway.send(TestGateway.call("down"))
            #expect(down.status == 200)
            #expect(down.code == -32_000)
            #expect(down.httpStatus == 502)
            #expect(down.message?["id"] != nil)
            _ = try await gateway.send(TestGateway.call("limited"))
            let limited = try await gateway.send(TestGateway.call("limited"))
            #expect(limited.status == 200)
            #expect(limited.code == -32_000)
            #expect(limited.httpStatus == 429)
            #expect(limited.headers["retry-after"].count == 1)
            #expect(limited.body.contains(#""retryAfter":"#))
            let unknown = try await gateway.send(#"{"jsonrpc":"2.0","id":1,"method":"eth_other"}"#, to: "/plain")
            #expect(unknown.status == 200)
            #expect(unknown.code == -32_601)
        }
    }

    @Test(arguments: ["json", "sse"], ["initialize", "server/discover"])
    func `that begins a session learns how calls are paid for`(form: String, method: String) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.send(
                #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{}}"#,
                [("X-Answer", form)]
            )
            #expect(
                answer.body.contains(
                    #""capabilities":{"tools":{},"experimental":{"payment":{"methods":{"lightning":{"intents":["charge"]}}}}}"#
                )
            )
            #expect(!answer.body.contains("receipt"))
        }
    }
}
