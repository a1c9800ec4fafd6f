import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

/// The longest body that a route takes: 10 bytes here.
struct BodyLimitTests {
    private let grpc = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n"
    private let chunked = "Transfer-Encoding: chunked\r\n\r\n"

    private func serving(_ stages: any Stage..., body: @Sendable (Gateway) async throws -> Void) async throws {
        let route = Route(name: "tested", stages: stages, bodyLimit: ByteCount(10))
        try await Gateway.serving(SingleRoute(route), body)
    }

    @Test func `a body that is declared longer is refused before any stage sees the request`() async throws {
        let journal = Journal()
        try await serving(RecordingStage("a", journal), ReplyStage()) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == 413)
            #expect(response.text.contains("longer than 10 B"))
            #expect(journal.value == [])
        }
    }

    @Test func `a body that turns out longer is refused, and one of that length is not`() async throws {
        let service = try await ScriptedUpstream.answering { .ok($0.text) }
        try await serving(ForwardStage(service.upstream())) { gateway in
            let client = try await gateway.connect()
            let start = "POST / HTTP/1.1\r\nHost: a\r\n\(chunked)"
            try await client.send(start + "5\r\nhello\r\n5\r\nagain\r\n0\r\n\r\n")
            #expect(try await client.response().text == "helloagain")
            try await client.send(start + "5\r\nhello\r\n6\r\nagain!\r\n")
            #expect(try await client.response().status == 413)
            #expect(try await client.end() == "")
        }
        await service.stop()
    }

    @Test func `a stage that reads the body does not get more`() async throws {
        let stage = BodyStage()
        try await serving(stage, ReplyStage()) { gateway in
            let client = try await gateway.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(chunked)b\r\nhello again\r\n")
            #expect(try await client.response().status == 413)
            #expect(stage.bodies.value == [])
        }
    }

    @Test func `a gRPC client is told by status 8`() async throws {
        try await serving(ReplyStage()) { gateway in
            let client = try await gateway.connect()
            try await client.send(grpc + "Content-Length: 11\r\n\r\n")
            let response = try await client.response()
            #expect(response.status == 200)
            #expect(response["grpc-status"] == "8")
        }
    }

    @Test func `a gRPC stream that becomes too long after the response began ends with status 8`() async throws {
        let service = try await ScriptedUpstream.start { connection in
            try await connection.send(
                "HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
            )
        }
        try await serving(ForwardStage(service.upstream())) { gateway in
            let client = try await gateway.connect()
            try await client.send(grpc + chunked + "5\r\nhello\r\n")
            try await client.received.wait(for: "the beginning of the response") { $0.count > 0 }
            try await client.send("6\r\nagain!\r\n")
            let response = try await client.response()
            #expect(response.text == "hi")
            #expect(response.trailers.first { $0.name == "grpc-status" }?.value == "8")
        }
        await service.stop()
    }
}
