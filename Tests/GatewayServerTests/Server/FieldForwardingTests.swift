import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct FieldForwardingTests {
    /// The request as the upstream got it.
    private func forwarded(_ request: String, trustedProxies: [String] = []) async throws -> WireMessage {
        let service = try await ScriptedUpstream.answering { _ in .ok() }
        let seen = Watched<WireMessage?>(nil)
        try await Gateway.forwarding(to: service, trustedProxies: trustedProxies) { gateway in
            let client = try await gateway.connect()
            try await client.send(request)
            _ = try await client.response()
            let bytes = try await service.connection(0).received.value.bytes[...]
            seen.update { $0 = WireMessage.first(in: bytes, .request, isClosed: false)?.message }
        }
        return try #require(seen.value)
    }

    /// The response as the client got it.
    private func returned(_ response: String) async throws -> WireMessage {
        let service = try await ScriptedUpstream.answering { _ in response }
        let seen = Watched<WireMessage?>(nil)
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try await client.response()
            seen.update { $0 = response }
        }
        return try #require(seen.value)
    }

    @Test func `fields of one connection are not passed to the upstream`() async throws {
        let request = try await forwarded(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Private\r\nKeep-Alive: timeout=5\r\nX-Private: 1\r\n"
                + "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nUpgrade: websocket\r\n"
                + "Trailer: X\r\nX-Kept: 1\r\n\r\n"
        )
        for name in [
            "connection", "keep-alive", "x-private", "proxy-connection", "proxy-authorization", "upgrade", "trailer",
        ] {
            #expect(!request.names.contains(name), "\(name)")
        }
        #expect(request["x-kept"] == "1")
    }

    @Test func `fields of one connection are not passed to the client`() async throws {
        let response = try await returned(
            "HTTP/1.1 200 OK\r\nConnection: x-private, keep-alive\r\nKeep-Alive: timeout=5\r\nX-Private: 1\r\n"
                + "Proxy-Authenticate: Basic\r\nUpgrade: h2c\r\nContent-Length: 2\r\nX-Kept: 1\r\n\r\nok"
        )
        for name in ["connection", "keep-alive", "x-private", "proxy-authenticate", "upgrade"] {
            #expect(!response.names.contains(name), "\(name)")
        }
        #expect(response["x-kept"] == "1")
        #expect(response["content-length"] == "2")
    }

    @Test func `the framing cannot be nominated away`() async throws {
        let request = try await forwarded(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: content-length, host\r\nContent-Length: 2\r\n\r\nok"
        )
        #expect(request["content-length"] == "2")
        #expect(request["host"] == "a")
        #expect(request.text == "ok")
    }

    @Test func `a client that takes trailers says so to the upstream`() async throws {
        let request = try await forwarded("GET / HTTP/1.1\r\nHost: a\r\nTE: gzip, trailers\r\nConnection: TE\r\n\r\n")
        #expect(request["te"] == "trailers")
        #expect(request["connection"] == "te")
    }

    @Test func `other transfer codings are not asked for`() async throws {
        let request = try await forwarded("GET / HTTP/1.1\r\nHost: a\r\nTE: gzip\r\nConnection: TE\r\n\r\n")
        #expect(!request.names.contains("te"))
        #expect(!request.names.contains("connection"))
    }

    @Test func `the host is preserved`() async throws {
        let request = try await forwarded("GET / HTTP/1.1\r\nhOST: Example.com:8080\r\n\r\n")
        #expect(request["host"] == "example.com:8080")
    }

    @Test func `without a host the upstream's own is sent`() async throws {
        let request = try await forwarded("GET / HTTP/1.0\r\n\r\n")
        #expect(request["host"]?.hasPrefix("127.0.0.1:") == true)
    }

    @Test func `the host of an absolute target is the host`() async throws {
        let request = try await forwarded("GET http://a:80/b HTTP/1.1\r\nHost: a:80\r\n\r\n")
        #expect(request.startLine == "GET /b HTTP/1.1")
        #expect(request["host"] == "a:80")
    }

    @Test func `what an untrusted peer says about its origin is replaced`() async throws {
        let request = try await forwarded(
            "GET / HTTP/1.1\r\nHost: a\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"
                + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\nX-Real-IP: 1.2.3.4\r\n\r\n"
        )
        #expect(request["x-forwarded-for"] == "127.0.0.1")
        #expect(request["x-forwarded-proto"] == "http")
        #expect(request["x-forwarded-host"] == "a")
        #expect(request["forwarded"] == #"for=127.0.0.1;host="a";proto=http"#)
        #expect(!request.names.contains("x-real-ip"))
    }

    @Test func `what a trusted peer says about its origin is continued`() async throws {
        let request = try await forwarded(
            "GET / HTTP/1.1\r\nHost: a\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"
                + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\nX-Real-IP: 1.2.3.4\r\n\r\n",
            trustedProxies: ["127.0.0.0/8"]
        )
        #expect(request["x-forwarded-for"] == "1.2.3.4, 5.6.7.8, 127.0.0.1")
        #expect(request["x-forwarded-proto"] == "https")
        #expect(request["x-forwarded-host"] == "b")
        #expect(request["forwarded"] == #"for=1.2.3.4, for=127.0.0.1;host="a";proto=http"#)
        #expect(request["x-real-ip"] == "1.2.3.4")
    }

    @Test(
        arguments: [
            ([], "9.9.9.9", "127.0.0.1 false"),
            (["127.0.0.1"], "9.9.9.9", "9.9.9.9 true"),
            (["127.0.0.1", "10.0.0.0/8"], "1.1.1.1, 9.9.9.9, 10.0.0.1", "9.9.9.9 true"),
            (["127.0.0.1"], "9.9.9.9, garbage", "127.0.0.1 true"),
            (["127.0.0.1", "10.0.0.0/8"], "10.0.0.1", "127.0.0.1 true"),
        ] as [([String], String, String)]
    )
    func `the client is who a trusted proxy says`(_ trusted: [String], _ forwardedFor: String, _ client: String)
        async throws
    {
        let naming = ClosureStage { exchange in
            let address = exchange.client.address.map { "\($0)" } ?? "-"
            return .now(.reply(.text("\(address) \(exchange.client.isBehindTrustedProxy)")))
        }
        try await Gateway.serving([naming], trustedProxies: trusted) { gateway in
            let connection = try await gateway.connect()
            try await connection.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \(forwardedFor)\r\n\r\n")
            #expect(try await connection.response().text == client)
        }
    }

    @Test func `a date is added where there is none`() async throws {
        #expect(try await returned(.ok()).values(of: "date").count == 1)
        let date = "Sun, 06 Nov 1994 08:49:37 GMT"
        #expect(try await returned(.ok(fields: "Date: \(date)\r\n"))["date"] == date)
    }
}
