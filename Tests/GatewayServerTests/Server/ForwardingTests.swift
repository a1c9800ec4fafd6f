import GatewayKit
import GatewayServer
import HTTPTypes
import Testing

struct ForwardingTests {
    @Test func `a GET goes through`() async throws {
        let service = try await ScriptedUpstream.answering {
            .ok("\($0.startLine)|\($0.text)", fields: "X-Made: here\r\n")
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET /a/b?c HTTP/1.1\r\nHost: example.com\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == 200)
            #expect(response["x-made"] == "here")
            #expect(response.text == "GET /a/b?c HTTP/1.1|")
        }
    }

    @Test func `a POST goes through with its body`() async throws {
        let service = try await ScriptedUpstream.answering { .ok("\($0["content-length"] ?? "-") \($0.text)") }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            try await client.send("hello")
            #expect(try await client.response().text == "5 hello")
        }
    }

    @Test func `a chunked request goes through with its trailers`() async throws {
        let service = try await ScriptedUpstream.answering {
            .ok("\($0.isChunked) \($0["content-length"] ?? "-") \($0.text) \($0.trailers)")
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n")
            try await client.send("1\r\n!\r\n0\r\nX-Sum: 1\r\nHost: forbidden\r\nContent-Length: 3\r\n\r\n")
            #expect(try await client.response().text == #"true - hello! [(name: "x-sum", value: "1")]"#)
        }
    }

    @Test func `a chunked response goes through with its trailers`() async throws {
        let service = try await ScriptedUpstream.answering { _ in
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n"
                + "0\r\nGrpc-Status: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")
                let response = try await client.response()
                #expect(response.isChunked)
                #expect(response.text == "abcde")
                #expect(response.trailers.map(\.name) == ["grpc-status"])
            }
        }
    }

    @Test func `a response that ends with its connection is chunked for the client`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\n\r\nuntil the end")
            await connection.close()
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.isChunked)
                #expect(response.text == "until the end")
                #expect(response.isWhole)
            }
        }
    }

    @Test func `a response to HEAD has a length and no body`() async throws {
        let service = try await ScriptedUpstream.answering { _ in "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.message(.bodyless)
                #expect(response["content-length"] == "5")
            }
            #expect(service.accepted.count == 1)
        }
    }

    @Test func `a 204 has neither a body nor a length`() async throws {
        let service = try await ScriptedUpstream.answering { _ in "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 204)
                #expect(!response.names.contains("content-length"))
                #expect(!response.names.contains("transfer-encoding"))
            }
        }
    }

    @Test func `a 304 keeps the length it declares`() async throws {
        let service = try await ScriptedUpstream.answering { _ in
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"x\"\r\n\r\n"
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 304)
                #expect(response["content-length"] == "9")
                #expect(response["etag"] == "\"x\"")
            }
        }
    }

    @Test func `a large response is not changed`() async throws {
        let body = String((0..<200_000).map { Character(Unicode.Scalar(UInt8(32 + $0 % 90))) })
        let service = try await ScriptedUpstream.answering { _ in .ok(body) }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().text == body)
        }
    }

    @Test func `a large request is not changed`() async throws {
        let line = String((0..<90).map { Character(Unicode.Scalar(UInt8(32 + $0))) })
        let body = String(repeating: line, count: 22_223)
        let service = try await ScriptedUpstream.answering { .ok("\($0.text == body)") }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(try await client.response().text == "true")
        }
    }

    @Test func `interim responses are relayed`() async throws {
        let service = try await ScriptedUpstream.answering { _ in
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: x\r\nX: y\r\n\r\n" + .ok()
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let hints = try await client.response()
            #expect(hints.status == 103)
            #expect(hints.names == ["link"])
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `a 100 that nobody asked for is not relayed`() async throws {
        let service = try await ScriptedUpstream.answering { _ in "HTTP/1.1 100 Continue\r\n\r\n" + .ok() }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 200)
        }
    }

    @Test func `what no route matches is 404 and the connection goes on`() async throws {
        try await Gateway.serving(NoRoute()) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 404)
                #expect(response["content-type"] == "application/problem+json")
            }
        }
    }

    @Test func `edits of a stage reach the upstream`() async throws {
        let service = try await ScriptedUpstream.answering {
            .ok("\($0.startLine) \($0["host"] ?? "-") \($0["x-old"] ?? "-") \($0["x-new"] ?? "-")")
        }
        let editing = ClosureStage { exchange in
            exchange.edits.target = "/other?q"
            exchange.edits.host = "inside"
            if let old = FieldName("x-old"), let new = FieldName("x-new") {
                exchange.edits.remove(old, of: exchange.request)
                exchange.edits.set(new, "1\r\nX-Smuggled: 1", of: exchange.request)
            }
            return .now(.next)
        }
        try await Gateway.forwarding(to: service, after: [editing]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Old: 1\r\nX-New: 0\r\n\r\n")
            #expect(try await client.response().text == "GET /other?q HTTP/1.1 inside - 1  X-Smuggled: 1")
        }
    }
}

private struct NoRoute: Routing {
    func route(for request: RequestHead) -> Route? { nil }
}
