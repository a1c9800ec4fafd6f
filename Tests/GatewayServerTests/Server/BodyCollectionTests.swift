import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

struct BodyCollectionTests {
    private func echo() async throws -> ScriptedUpstream {
        try await .answering { .ok("\($0.isChunked) \($0["content-length"] ?? "-") \($0.text) \($0.trailers.count)") }
    }

    @Test func `a body with a length is collected and replayed`() async throws {
        let stage = BodyStage()
        try await Gateway.forwarding(to: echo(), after: [stage]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try await client.response().text == "false 5 hello 0")
            #expect(stage.bodies.value == [Array("hello".utf8)])
        }
    }

    @Test func `a chunked body is collected and replayed with its trailers`() async throws {
        let stage = BodyStage()
        try await Gateway.forwarding(to: echo(), after: [stage]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await client.send("2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n")
            #expect(try await client.response().text == "true - hello 1")
            #expect(stage.bodies.value == [Array("hello".utf8)])
        }
    }

    @Test func `a body that comes byte by byte is collected`() async throws {
        let (stage, journal) = (BodyStage(), Journal())
        try await Gateway.forwarding(to: echo(), after: [RecordingStage("a", journal), stage]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            _ = try await journal.lines(1)
            for byte in Array("hello".utf8) {
                try await client.send([byte])
                _ = try await gateway.server.connectionCount()
            }
            #expect(try await client.response().text == "false 5 hello 0")
            #expect(stage.bodies.value == [Array("hello".utf8)])
        }
    }

    @Test func `two stages get the same body`() async throws {
        let bodies = Watched<[[UInt8]]>([])
        try await Gateway.serving([BodyStage(bodies), BodyStage(bodies), ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            for _ in 1...2 {
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
                #expect(try await client.response().status == 200)
            }
            #expect(bodies.value == Array(repeating: Array("hello".utf8), count: 4))
        }
    }

    @Test func `a request without a body has an empty one`() async throws {
        let stage = BodyStage()
        try await Gateway.serving([stage, ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 200)
            #expect(stage.bodies.value == [[]])
        }
    }

    @Test func `a body as long as the limit is collected`() async throws {
        let stage = BodyStage(upTo: ByteCount(5))
        try await Gateway.serving([stage, ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            )
            #expect(try await client.response().status == 200)
        }
    }

    @Test(arguments: ["Content-Length: 6\r\n\r\nhello!", "Transfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n"])
    func `a body longer than the limit is 413`(_ rest: String) async throws {
        let journal = Journal()
        let stages: [any Stage] = [RecordingStage("a", journal), BodyStage(upTo: ByteCount(5)), ReplyStage()]
        try await Gateway.serving(stages) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(rest)")
            let response = try await client.response()
            #expect(response.status == 413)
            #expect(response.text.contains("5 B"))
            #expect(try await journal.lines(3).last == "settle a replied 413")
        }
    }

    @Test func `a collected body that is malformed is 400`() async throws {
        try await Gateway.serving([BodyStage(), ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            try await client.send("zz\r\n")
            #expect(try await client.response().status == 400)
            #expect(try await client.end() == "")
        }
    }

    @Test func `a collected body that stops coming is 408`() async throws {
        let limits = MessageLimits(idleTimeout: .seconds(1))
        try await Gateway.serving([BodyStage(), ReplyStage()], limits: limits) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            #expect(try await client.response().status == 408)
            #expect(try await client.end() == "")
        }
    }

    @Test func `a body that a stage asked for and did not wait for reaches the upstream whole`() async throws {
        let (bodies, journal) = (Watched<[[UInt8]]>([]), Journal())
        let peeking = ClosureStage { exchange in
            exchange.body(upTo: .kibibytes(1)).whenComplete { result in
                if case .success(let body) = result { bodies.update { $0.append(Array(body.readableBytesView)) } }
            }
            journal.note("asked")
            return .now(.next)
        }
        try await Gateway.forwarding(to: echo(), after: [peeking]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n")
            _ = try await journal.lines(1)
            try await client.send("3\r\nllo\r\n0\r\n\r\n")
            #expect(try await client.response().text == "true - hello 0")
            #expect(bodies.value == [Array("hello".utf8)])
        }
    }

    @Test func `a body that nobody waits for is let go with a client that leaves`() async throws {
        let journal = Journal()
        let peeking = ClosureStage { exchange in
            exchange.body(upTo: .kibibytes(1)).whenComplete { result in
                if case .failure = result { journal.note("no body") }
            }
            return .now(.reply(.text("replied")))
        }
        try await Gateway.serving([peeking]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe")
            #expect(try await client.response().status == 200)
            #expect(try await journal.lines(1) == ["no body"])
        }
    }
}
