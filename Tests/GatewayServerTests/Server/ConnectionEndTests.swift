import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

struct ConnectionEndTests {
    private let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    @Test(arguments: [true, false])
    func `a body that comes too slowly is 408, and counted`(isCollected: Bool) async throws {
        let rate = ByteRate(perSecond: .mebibytes(1))
        let service = try await ScriptedUpstream.start { _ in }
        try await Gateway.forwarding(
            to: service,
            after: isCollected ? [BodyStage()] : [],
            limits: MessageLimits(minBodyRate: rate, bodyGrace: .milliseconds(300))
        ) { gateway in
            let (slow, stream) = (try await gateway.connect(), try await gateway.connect())
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n"
            // A gRPC stream may be as slow as it likes; it began before.
            try await stream.send(head + "Content-Type: application/grpc\r\n\r\nfive!")
            try await slow.send(head + "\r\nfive!")
            let response = try await slow.response()
            #expect(response.status == 408)
            #expect(response.text.contains("too slowly"))
            #expect(try await slow.end() == "")
            #expect(try await gateway.server.abuseCount() == 1)
            #expect(stream.received.value.count == 0)
        }
    }

    /// The idle timeout is also how long a test may take from its connection to the first byte.
    private let short = MessageLimits(headTimeout: .milliseconds(300), idleTimeout: .seconds(1))

    @Test(arguments: RequestVector.smuggling)
    func `a request that can be framed in two ways ends the connection`(_ vector: RequestVector) async throws {
        let journal = Journal()
        try await Gateway.serving([RecordingStage("a", journal), ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send(vector.bytes)
            let response = try await client.response()
            #expect(response.status == vector.status)
            #expect(response["connection"] == "close")
            #expect(try await client.end() == "")
            await client.close()
        }
        #expect(journal.value.isEmpty)
    }

    @Test func `a good request before a bad one is answered`() async throws {
        try await Gateway.serving([ReplyStage()]) { gateway in
            let client = try await gateway.connect()
            try await client.send(get + "GET / HTTP/1.1\r\n\r\n" + get)
            #expect(try await client.response().status == 200)
            #expect(try await client.response().status == 400)
            #expect(try await client.end() == "")
        }
    }

    @Test func `a head that does not come in time is 408`() async throws {
        try await Gateway.serving([ReplyStage()], limits: short) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHos")
            #expect(try await client.response().status == 408)
            #expect(try await client.end() == "")
        }
    }

    @Test func `a connection that is never used is closed`() async throws {
        try await Gateway.serving([ReplyStage()], limits: short) { gateway in
            let client = try await gateway.connect()
            #expect(try await client.end() == "")
        }
    }

    @Test func `a connection that is no longer used is closed`() async throws {
        try await Gateway.serving([ReplyStage()], limits: short) { gateway in
            let client = try await gateway.connect()
            try await client.send(get)
            #expect(try await client.response().status == 200)
            #expect(try await client.end() == "")
        }
    }

    @Test func `a body that stops coming is 408`() async throws {
        let service = try await ScriptedUpstream.start { _ in }
        try await Gateway.forwarding(to: service, limits: short) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello")
            #expect(try await client.response().status == 408)
            #expect(try await client.end() == "")
        }
    }

    @Test func `a client that takes nothing of its response is let go`() async throws {
        let journal = Journal()
        let chunk = ByteBuffer(repeating: 0, count: 64 * 1024)
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n")
            try await connection.pour(chunk, times: 1024, counting: Watched(0))
        }
        let limits = MessageLimits(idleTimeout: .seconds(1))
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal)], limits: limits) { gateway in
            let client = try await gateway.connect(reads: false, keeps: false)
            try await client.send(get)
            #expect(try await journal.lines(3).last == "settle a clientLeft 200")
        }
    }

    @Test func `a refused request with a small body keeps the connection`() async throws {
        try await Gateway.serving([ReplyStage(Reply(402, detail: "pay"))]) { gateway in
            let client = try await gateway.connect()
            for _ in 1...3 {
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
                let response = try await client.response()
                #expect(response.status == 402)
                #expect(response["connection"] == nil)
                try await client.send(String(repeating: "x", count: 1_000))
            }
        }
    }

    @Test func `a refused request without an end to its body closes the connection`() async throws {
        try await Gateway.serving([ReplyStage(Reply(402, detail: "pay"))]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            let response = try await client.response()
            #expect(response.status == 402)
            #expect(response["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `a client that sends a large refused body before it reads still gets the answer`() async throws {
        try await Gateway.serving([ReplyStage(Reply(402, detail: "pay"))]) { gateway in
            let client = try await gateway.connect(reads: false)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n")
            try await client.pour(ByteBuffer(repeating: 0, count: 64 * 1024), times: 512, counting: Watched(0))
            try await client.startReading()
            let response = try await client.response()
            #expect(response.status == 402)
            #expect(response["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `a client that lingers forever is closed on`() async throws {
        try await Gateway.serving([ReplyStage(Reply(402, detail: "pay"))]) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            #expect(try await client.response().status == 402)
            try await gateway.connections(become: 0)
        }
    }

    @Test func `a large answer before a large refused body reaches a client that reads late`() async throws {
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16 * 1024 * 1024)
        try await Gateway.serving([ReplyStage(Reply(.forbidden, body: .bytes(body)))]) { gateway in
            let client = try await gateway.connect(reads: false)
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n")
            try await client.pour(ByteBuffer(repeating: 0, count: 64 * 1024), times: 16, counting: Watched(0))
            try await client.startReading()
            let response = try await client.response()
            #expect(response.isWhole)
            #expect(response.body.count == body.readableBytes)
        }
    }
}
