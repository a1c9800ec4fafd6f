import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import Testing

/// What expressions see of a request.
struct ExpressionRequestTests {
    private func answer(
        _ text: String,
        _ target: String = "/v1/quotes?size=3&a=b%20c+d&flag",
        fields: [(String, String)] = [("X-Plan", "gold")],
        caveat: Caveat? = nil,
        address: String? = "10.1.2.3"
    ) -> String {
        let exchange = Exchange.example(
            .example(.post, target, host: "API.example.com:8443", fields: fields),
            client: Client(address: address.flatMap { IPAddress($0) })
        )
        return ExpressionAnswer.to(text, in: .caveat, .exchange(exchange, caveat: caveat))
    }

    @Test(arguments: [
        ("request.method == 'POST'", "true"), ("request.path == '/v1/quotes'", "true"),
        ("request.host == 'API.example.com'", "true"), ("request.scheme == 'http'", "true"),
        ("request.headers['x-plan'] == 'gold'", "true"), ("request.headers.`x-plan` == 'gold'", "true"),
        ("'x-plan' in request.headers && !('x-other' in request.headers)", "true"),
        ("request.headers['x-other'] == ''", "failed: absent"), ("has(request.headers.accept)", "false"),
        ("request.headers['x-' + 'plan'] == 'gold'", "true"),
        ("request.headers[string(1) + ' '] == ''", "failed: absent"),
        ("int(request.query.size) == 3", "true"), ("request.query['a'] == 'b c d'", "true"),
        ("request.query.flag == ''", "true"), ("'none' in request.query", "false"),
        ("client.address == ip('10.1.2.3')", "true"), ("cidr('10.0.0.0/8').containsIP(client.address)", "true"),
        ("request.time == timestamp('2023-11-14T22:13:20Z')", "true"), ("request.time.getHours() >= 22", "true"),
        ("route == 'example' && service == 'example'", "true"), ("request.json.model == 'a'", "failed: body"),
        ("has(request.json) || has(client.address)", "true"),
    ])
    func `the head of a request is there`(_ text: String, _ expected: String) {
        #expect(answer(text) == expected)
    }

    @Test func `of several lines of a field all values count`() {
        let fields = [("X-Plan", "gold"), ("x-plan", "free")]
        #expect(answer("request.headers['x-plan'] == 'gold'", fields: fields) == "false")
        #expect(answer("request.headers['x-plan'] == 'gold, free'", fields: fields) == "true")
    }

    @Test(arguments: ["/?n=1&n=2", "/?n=1&N=2", "/?N=1", "/?n=1&%6e=1"])
    func `a parameter that others may read otherwise is ambiguous`(target: String) {
        #expect(answer("request.query.n == '1'", target) == "failed: ambiguous")
    }

    @Test func `a parameter with a broken encoding fails`() {
        #expect(answer("request.query.n == '1'", "/?n=%zz") == "failed: conversion")
    }

    @Test func `a client on a Unix socket has no address`() {
        #expect(answer("cidr('0.0.0.0/0').containsIP(client.address)", address: nil) == "failed: absent")
        #expect(answer("has(client.address)", address: nil) == "false")
    }

    @Test(arguments: [
        ("'small' in caveat.list", "small, large", "true"), ("'smal' in caveat.list", "small,large", "false"),
        ("caveat.list.size() == 2", "small,large", "true"), ("caveat.list.size() == 0", "", "true"),
        ("caveat.list[1] == 'large'", "small,large", "true"), ("caveat.list == ['a']", " a ", "true"),
        ("caveat.list.exists(x, request.path.startsWith(x))", "/v2,/v1", "true"),
        ("int(caveat.value) >= 5", "7", "true"), ("int(caveat.value) >= 5", "seven", "failed: conversion"),
        ("'a' in caveat.list", String(repeating: "b,", count: 64) + "a", "failed: budget"),
    ])
    func `a caveat is a text and a list`(_ text: String, _ value: String, _ expected: String) {
        #expect(answer(text, caveat: Caveat(condition: "x", value: value)) == expected)
    }

    // MARK: The body

    private final class Body: RequestBodySource {
        let bytes: ByteBuffer
        init(_ text: String) { bytes = ByteBuffer(string: text) }
        func collectBody(upTo limit: ByteCount) -> Eventually<ByteBuffer> { .now(bytes) }
    }

    private func answer(
        _ text: String,
        body: String,
        fields: [(String, String)] = [("Content-Type", "application/json; charset=utf-8")]
    ) throws -> String {
        let length = RequestHead.Body.length(UInt64(body.utf8.count))
        let exchange = Exchange.example(.example(.post, "/", fields: fields, body: length))
        let source = Body(body)
        exchange.bodySource = source
        _ = try #require(exchange.readJSON(upTo: .kibibytes(64)).immediate)
        return withExtendedLifetime(source) { ExpressionAnswer.to(text, in: .price, .exchange(exchange)) }
    }

    private static let chat =
        #"{"model":"small","n":3,"messages":[{"role":"user"},{"role":"tool"}],"on":true,"none":null}"#

    @Test(arguments: [
        ("request.json.model == 'small'", "true"), ("request.json['model'] in ['small', 'tiny']", "true"),
        ("request.json.n == 3 && request.json.n < 4u && int(request.json.n) + 1 == 4", "true"),
        ("request.json.messages.size() == 2 && request.json.messages[1].role == 'tool'", "true"),
        ("request.json.messages.exists(m, m.role == 'tool')", "true"), ("request.json.on", "true"),
        ("request.json.none == null", "true"), ("has(request.json.none) && !has(request.json.other)", "true"),
        ("request.json.other == 1", "failed: absent"), ("request.json.model.a == 1", "failed: type"),
        ("request.json.model", "'small'"), ("request.json.model + 1 == 2", "failed: type"),
        ("'model' in request.json && request.json.size() == 5", "true"),
        ("request.json.messages == [{'role': 'user'}, {'role': 'tool'}]", "true"),
    ])
    func `a body is there once it was read`(_ text: String, _ expected: String) throws {
        let given = try answer(text, body: Self.chat)
        #expect(given == expected)
    }

    @Test(arguments: [#"{"model":"small","Model":"large"}"#, #"{"Model":"large"}"#, "{\"\u{212A}\":1,\"k\":2}"])
    func `a member in another spelling is ambiguous, and not absent`(body: String) throws {
        let name = body.contains("odel") ? "model" : "k"
        let given = try answer("request.json.\(name) == 'small'", body: body)
        #expect(given == "failed: ambiguous")
        let presence = try answer("!has(request.json.\(name))", body: body)
        #expect(presence == "failed: ambiguous")
    }

    @Test(arguments: [
        ("{", [("Content-Type", "application/json")]), (#"{"a":1,"a":2}"#, []), ("", []),
        (chat, [("Content-Type", "text/plain")]), (chat, [("Content-Type", "application/json; charset=utf-7")]),
        (chat, [("Content-Encoding", "gzip")]),
        (chat, [("Content-Type", "application/json"), ("Content-Type", "a/b")]),
    ])
    func `a body that others may read otherwise is none`(_ body: String, _ fields: [(String, String)]) throws {
        let given = try answer("request.json.model == 'small'", body: body, fields: fields)
        #expect(given == "failed: body")
    }

    @Test func `an expression tells whether it asks about the body`() throws {
        #expect(try Expression("request.json.a == 1", in: .price, time: .system).readsBody)
        #expect(try !Expression("request.path == '/json'", in: .price, time: .system).readsBody)
    }
}
