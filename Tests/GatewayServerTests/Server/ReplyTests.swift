import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOCore
import Testing

struct ReplyTests {
    private func response(
        of stages: [any Stage],
        to request: String = "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        _ kind: WireMessage.Kind = .response
    ) async throws -> WireMessage {
        let seen = Watched<WireMessage?>(nil)
        try await Gateway.serving(stages) { gateway in
            let client = try await gateway.connect()
            try await client.send(request)
            let response = try await client.message(kind)
            seen.update { $0 = response }
        }
        return try #require(seen.value)
    }

    @Test func `a stage that throws is 500 with the log's error id`() async throws {
        try await Gateway.serving([ThrowingStage(error: Broken())]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let response = try await client.response()
            let entries = try await gateway.log.entries.wait(for: "an error") { $0.contains { $0.level == .error } }
            let id = try #require(entries.first { $0.level == .error }?.metadata["exchange"])
            #expect(response.status == 500)
            #expect(response.text.contains("error id \(id)"))
            #expect(!response.text.contains("secret"))
        }
    }

    @Test func `a stage that fails later is 500`() async throws {
        let failing = ClosureStage { $0.later { throw Broken() } }
        #expect(try await response(of: [failing]).status == 500)
    }

    @Test func `a stage that throws a reply sends it`() async throws {
        #expect(try await response(of: [ThrowingStage(error: Reply(.forbidden, detail: "no"))]).status == 403)
    }

    @Test func `a route that ends without an answer is 500`() async throws {
        #expect(try await response(of: [RecordingStage("a", Journal())]).status == 500)
    }

    @Test func `a rejection is never forwarded`() async throws {
        let journal = Journal()
        let rejecting = ClosureStage { exchange in
            exchange.rejection = Rejection(.expired, "it expired")
            return .now(.next)
        }
        let service = try await ScriptedUpstream.answering { _ in .ok() }
        try await Gateway.forwarding(to: service, after: [RecordingStage("a", journal), rejecting]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response().status == 401)
            #expect(service.accepted.isEmpty)
        }
    }

    @Test func `stages adjust in reverse order`() async throws {
        let journal = Journal()
        let stages: [any Stage] = [
            RecordingStage("a", journal, marks: "x-stage"), RecordingStage("b", journal, marks: "x-stage"),
            ReplyStage(),
            RecordingStage("late", journal),
        ]
        let response = try await response(of: stages)
        #expect(response.values(of: "x-stage") == ["b", "a"])
        #expect(
            try await journal.lines(6) == [
                "admit a", "admit b", "adjust b 200", "adjust a 200", "settle b replied 200", "settle a replied 200",
            ]
        )
    }

    @Test func `a reply to HEAD has a length and no body`() async throws {
        let response = try await response(of: [ReplyStage()], to: "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", .bodyless)
        #expect(response["content-length"] == "7")
    }

    @Test func `a reply without a body has the length zero`() async throws {
        #expect(try await response(of: [ReplyStage(Reply(.ok))])["content-length"] == "0")
    }

    @Test func `a 204 of the gateway has neither a body nor a length`() async throws {
        let body = ByteBuffer(string: "none of this")
        let response = try await response(of: [ReplyStage(Reply(.noContent, body: .bytes(body)))])
        #expect(response.status == 204)
        #expect(!response.names.contains("content-length"))
    }

    @Test func `a gRPC client gets the refusal in the head`() async throws {
        let response = try await response(
            of: [ReplyStage(Reply(402, detail: "pay"))],
            to: "GET / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n\r\n"
        )
        #expect(response.status == 200)
        #expect(response["grpc-status"] == "13")
        #expect(response["grpc-message"] == "payment required")
    }

    @Test func `a reply can end the connection`() async throws {
        var reply = Reply.text("bye")
        reply.closesConnection = true
        let last = reply
        try await Gateway.serving([ReplyStage(last)]) { gateway in
            let client = try await gateway.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await client.response()["connection"] == "close")
            #expect(try await client.end() == "")
        }
    }

    @Test func `a stream is sent part by part`() async throws {
        for isLater in [false, true] {
            let stream = CountingStream(parts: 10, size: 100, isLater: isLater)
            let response = try await response(of: [ReplyStage(Reply(.ok, body: .stream(stream)))])
            #expect(response.isChunked)
            #expect(response.body.count == 1_000)
        }
    }

    @Test func `a stream without end is not asked for more than the client takes`() async throws {
        for isLater in [false, true] {
            let stream = CountingStream(parts: .max, size: 1_000, isLater: isLater)
            let journal = Journal()
            let stages: [any Stage] = [RecordingStage("a", journal), ReplyStage(Reply(.ok, body: .stream(stream)))]
            try await Gateway.serving(stages) { gateway in
                let client = try await gateway.connect(reads: false)
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                try await stream.asked.wait(for: "the stream to be asked") { $0 > 100 }
                let other = try await gateway.connect()
                try await other.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try await other.message(.bodyless)
                #expect(stream.asked.value < 16 * 1024)
                await client.close()
                let lines = try await journal.wait(for: "both settled") { $0.count { $0.hasPrefix("settle") } == 2 }
                #expect(lines.contains("settle a clientLeft 200"))
            }
        }
    }

    @Test func `a stream that fails breaks the client's connection`() async throws {
        let stream = CountingStream(parts: 3, size: 10, isLater: true, fails: true)
        let response = try await response(of: [ReplyStage(Reply(.ok, body: .stream(stream)))])
        #expect(!response.isWhole)
        #expect(response.body.count == 30)
    }
}

private struct Broken: Error, CustomStringConvertible {
    var description: String { "secret" }
}

/// Parts of one size.
private struct CountingStream: BodyStream {
    let parts: Int
    let size: Int
    let isLater: Bool
    var fails = false
    let asked = Watched(0)

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let number = asked.update {
            $0 += 1; return $0
        }
        if number > parts, fails { return .later(eventLoop.makeFailedFuture(Broken())) }
        let part = number > parts ? nil : ByteBuffer(repeating: UInt8(ascii: "x"), count: size)
        return isLater ? .later(eventLoop.submit { part }) : .now(part)
    }
}
