import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayTesting
import L402
import MPP
import NIOCore
import NIOHTTP1
import Testing

@Suite struct `A call that costs something` {
    @Test func `is refused with offers in JSON, and served once it is paid for`() async throws {
        try await TestGateway.withCalls { gateway in
            let refused = try await gateway.send(TestGateway.call("search", #"{"q":1}"#, id: #""a-1""#))
            #expect(refused.status == 200)
            #expect(refused.headers["www-authenticate"].isEmpty)
            #expect(refused.headers["content-type"] == ["application/json"])
            #expect(refused.headers["cache-control"] == ["no-store"])
            #expect(refused.message?["id"]?.text == "a-1")
            #expect(refused.code == -32_042)
            #expect(refused.httpStatus == 402)
            #expect(refused.amounts == ["10"])
            #expect(refused.error?["data"]?["problem"]?["type"]?.text?.hasSuffix("payment-required") == true)

            let payment = try await gateway.payment(for: refused)
            let paid = try await gateway.send(TestGateway.call("search", #"{"q":1}"#, id: "2", meta: payment))
            #expect(paid.status == 200)
            #expect(paid.headers["payment-receipt"].isEmpty)
            #expect(paid.headers["cache-control"] == ["private"])
            let receipt = try #require(paid.callReceipt)
            #expect(receipt["status"]?.text == "success")
            #expect(receipt["challengeId"]?.text != nil)
            #expect(
                paid.seen
                    == #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search","arguments":{"q":1}}}"#
            )
            #expect(paid.message?["result"]?["fields"]?.text?.lowercased().contains("payment") == false)

            let again = try await gateway.send(TestGateway.call("search", #"{"q":1}"#, meta: payment))
            #expect(again.status == 200)
            #expect(again.code == -32_043)
            #expect(again.error?["data"]?["failure"]?["reason"]?.text == "signature")
            #expect(again.amounts == ["10"])
        }
    }

    /// The flow `json_rpc_mcp_payment` of the scheme's conformance suite (tempoxyz/mpp-tools). Its runner is the client:
    /// no operation of an adapter has a part in it.
    @Test func `goes as the flow of the conformance suite goes`() async throws {
        try await TestGateway.withCalls { gateway in
            func call(_ rest: String = "") async throws -> TestGateway.Answer {
                try await gateway.send(
                    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"paid"}\#(rest)}"#
                )
            }
            let refused = try await call()
            #expect(refused.code == -32_042)
            #expect(refused.httpStatus == 402)
            #expect(refused.amounts.count == 1)
            let meta = ",\"_meta\":{\(try await gateway.payment(for: refused))}"
            let receipt = try #require(try await call(meta).callReceipt)
            #expect(receipt["status"]?.text == "success")
            #expect(receipt["method"]?.text == "lightning")
            guard case .array(let challenges)? = refused.error?["data"]?["challenges"] else {
                Issue.record("no challenges")
                return
            }
            #expect(receipt["challengeId"]?.text == challenges.first?["id"]?.text)
            let again = try await call(meta)
            #expect(again.code == -32_043)
        }
    }

    @Test func `takes a credential at its root, and keeps what else stands there`() async throws {
        try await TestGateway.withCalls { gateway in
            let payment = try await gateway.payment(for: gateway.send(TestGateway.call("search")))
            let call = TestGateway.call("search", meta: #""progressToken":7"#, rootMeta: "\(payment) , \"x\":1")
            let paid = try await gateway.send(call)
            #expect(paid.callReceipt != nil)
            let seen = try #require(paid.seen)
            #expect(seen.hasSuffix(#""_meta":{"progressToken":7}},"_meta":{ "x":1}}"#))
        }
    }

    @Test(arguments: ["search", "http2"])
    func `reaches the service whole without its credential, over each wire and in chunks`(tool: String) async throws {
        try await TestGateway.withCalls { gateway in
            let payment = try await gateway.payment(for: gateway.send(TestGateway.call(tool)))
            var request = HTTPClientRequest(url: gateway.url + "/rpc")
            request.method = .POST
            request.body = .bytes(Array(TestGateway.call(tool, meta: payment).utf8), length: .unknown)
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
            let body = String(buffer: try await response.body.collect(upTo: 1 << 20))
            let message = try JSONReader.value(of: Array(body.utf8))
            #expect(message["result"]?["body"]?.text == TestGateway.call(tool))
            let fields = message["result"]?["fields"]?.text?.lowercased() ?? ""
            #expect(fields.contains("content-length: \(TestGateway.call(tool).utf8.count)"))
            #expect(!fields.contains("transfer-encoding"))
        }
    }

    @Test func `is bound to what it calls and to its arguments`() async throws {
        try await TestGateway.withCalls { gateway in
            let payment = try await gateway.payment(for: gateway.send(TestGateway.call("search", #"{"q":1}"#)))
            for other in [
                TestGateway.call("search", #"{"q":2}"#, meta: payment),
                TestGateway.call("other", #"{"q":1}"#, meta: payment),
                TestGateway.call("lenient", #"{"q":1}"#, meta: payment),
            ] {
                let answer = try await gateway.send(other)
                #expect(answer.code == -32_043)
                #expect(answer.error?["data"]?["failure"]?["reason"]?.text == "service")
            }
            // Written in another way they are the same.
            let paid = try await gateway.send(TestGateway.call("search", #"{ "\u0071" : 1.0 }"#, meta: payment))
            #expect(paid.callReceipt != nil)
        }
    }

    @Test(arguments: [
        #""org.paymentauth/credential":7"#, #""org.paymentauth/credential":{}"#,
        #""org.paymentauth/credential":{"challenge":{},"payload":{}}"#,
        #""org.paymentauth/credential":{"challenge":{"id":"a","realm":"b","method":"lightning","intent":"charge","request":"e30"},"payload":{}}"#,
        #""org.paymentauth/credential":{"challenge":{"id":1,"realm":"b","method":"lightning","intent":"charge","request":{}},"payload":{}}"#,
    ])
    func `with a credential that cannot be read is a mistake in its parameters`(meta: String) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.send(TestGateway.call("search", meta: meta))
            #expect(answer.status == 200)
            #expect(answer.code == -32_602)
            #expect(answer.error?["data"]?["detail"]?.text?.hasPrefix("the credential cannot be read") == true)
            #expect(answer.amounts.isEmpty)
        }
    }

    @Test func `takes one credential, wherever it stands`() async throws {
        try await TestGateway.withCalls { gateway in
            let payment = try await gateway.payment(for: gateway.send(TestGateway.call("search")))
            let twice = try await gateway.send(TestGateway.call("search", meta: payment, rootMeta: payment))
            #expect(twice.code == -32_602)
            let once = try await gateway.send(TestGateway.call("search", meta: payment))
            #expect(once.callReceipt != nil)
        }
    }

    @Test(arguments: [
        "search", "Search", #"\u0073earch"#, "ſearch", " search ", #"\tSEARCH"#,
    ])
    func `costs the same in every spelling`(tool: String) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.send(TestGateway.call(tool))
            #expect(answer.amounts == ["10"])
            let method = try await gateway.send(
                TestGateway.call(tool).replacing("tools/call", with: #"Tools\/c\u0061ll"#)
            )
            #expect(method.amounts == ["10"])
        }
    }

    @Test(arguments: [
        ("docs://manual/1", "5"), ("DOCS://Manual/1", "5"), (#"docs:\/\/manual\/1"#, "5"),
        ("docs://manual//1", "5"), ("docs://manual/\u{301}x", "5"), ("docs://other/1", ""),
    ])
    func `a resource costs the same in every spelling of its URI`(uri: String, price: String) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.send(
                #"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"\#(uri)"}}"#
            )
            #expect(answer.amounts == (price.isEmpty ? [] : [price]))
        }
    }

    @Test(arguments: [
        "docs://x/../manual/1", "docs://m%61nual/1", "docs://manual/1#a", "docs://manual/%2e%2e/manual/2",
    ])
    func `a resource whose URI has several readings is refused`(uri: String) async throws {
        try await TestGateway.withCalls { gateway in
            let answer = try await gateway.send(
                #"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"\#(uri)"}}"#
            )
            #expect(answer.body.contains("-32602"))
            #expect(answer.body.contains("more than one way"))
        }
    }

    @Test func `of what no route names costs what the method costs, and a prompt its own price`() async throws {
        try await TestGateway.withCalls { gateway in
            #expect(try await gateway.send(TestGateway.call("another")).amounts == ["3"])
            let prompt = try await gateway.send(
                #"{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"greet"}}"#
            )
            #expect(prompt.amounts == ["4"])
            let free = try await gateway.send(TestGateway.call("free", meta: #""org.paymentauth/credential":1,"a":2"#))
            #expect(free.seen?.contains(#""_meta":{"a":2}"#) == true)
            #expect(free.callReceipt == nil)
        }
    }

    @Test func `is served whatever method of HTTP carries it`() async throws {
        try await TestGateway.withCalls { gateway in
            let put = try await gateway.request("/rpc", method: .PUT, body: TestGateway.call("search"))
            #expect(put.amounts == ["10"])
            let get = try await gateway.request("/rpc")
            #expect(get.status == 202)
        }
    }

    @Test func `gets no receipt for an error, and is paid for all the same unless the route charges for success`()
        async throws
    {
        try await TestGateway.withCalls { gateway in
            for (tool, expected) in [("search", -32_043), ("lenient", nil)] as [(String, Int?)] {
                let payment = try await gateway.payment(for: gateway.send(TestGateway.call(tool)))
                let failed = try await gateway.send(TestGateway.call(tool, meta: payment), [("X-Answer", "error")])
                #expect(failed.code == -1)
                #expect(!failed.body.contains("receipt"))
                let again = try await gateway.send(TestGateway.call(tool, meta: payment))
                #expect(again.code == expected)
                #expect((again.callReceipt != nil) == (expected == nil))
            }
        }
    }

    @Test func `answered by events has its receipt in the one that answers it`() async throws {
        try await TestGateway.withCalls { gateway in
            let payment = try await gateway.payment(for: gateway.send(TestGateway.call("search")))
            let paid = try await gateway.send(TestGateway.call("search", meta: payment), [("X-Answer", "sse")])
            #expect(paid.headers["content-type"] == ["text/event-stream"])
            #expect(paid.body.contains("\"params\":{\"result\":{}}}\r\n\r\n: kept\nid: 1\ndata: {"))
            let lines = paid.body.replacing("\r\n", with: "\n").split(
                separator: "\n",
                omittingEmptySubsequences: false
            )
            let message = try JSONReader.value(of: Array(lines[4].dropFirst(6).utf8))
            #expect(message["result"]?["_meta"]?["org.paymentauth/receipt"]?["status"]?.text == "success")
            #expect(lines.count == 7)
        }
    }

    @Test func `of another protocol than MCP has its receipt beside the result`() async throws {
        try await TestGateway.withCalls { gateway in
            let call = #"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":["latest",false]"#
            let refused = try await gateway.send("\(call)}", to: "/plain")
            #expect(refused.amounts == ["2"])
            let payment = try await gateway.payment(for: refused)
            let paid = try await gateway.send("\(call),\"_meta\":{\(payment)}}", to: "/plain")
            #expect(paid.message?["_meta"]?["org.paymentauth/receipt"]?["status"]?.text == "success")
            #expect(paid.seen == "\(call)}")
        }
    }

    @Test func `where only tokens are sold is refused in HTTP as well`() async throws {
        try await TestGateway.withCalls { gateway in
            let refused = try await gateway.send(TestGateway.call("token"))
            #expect(refused.status == 402)
            #expect(refused.code == -32_042)
            let challenge = try #require(refused.challenge)
            guard case .array(let lines)? = refused.error?["data"]?["wwwAuthenticate"] else {
                Issue.record("no lines in the error")
                return
            }
            #expect(lines.compactMap(\.text) == refused.headers["www-authenticate"])
            let token = challenge.paid(with: try await gateway.pay(challenge.invoice))
            let paid = try await gateway.send(TestGateway.call("token"), [("Authorization", token.authorization)])
            #expect(paid.status == 200)
            #expect(paid.seen == TestGateway.call("token"))
        }
    }

    @Test func `may be paid for by a token or by itself where both are sold`() async throws {
        try await TestGateway.withCalls { gateway in
            let refused = try await gateway.send(TestGateway.call("either"))
            #expect(refused.status == 200)
            #expect(refused.headers["www-authenticate"].isEmpty)
            #expect(refused.amounts == ["10"])
            #expect(refused.body.contains(#""wwwAuthenticate":["LSAT macaroon="#))
            let paid = try await gateway.send(
                TestGateway.call("either", meta: try await gateway.payment(for: refused))
            )
            #expect(paid.callReceipt != nil)
        }
    }
}
