import GatewayKit
import GatewayServer
import HTTPTypes
import NIOCore
import Testing

/// A side that does not read must stop the other one. What lies between are the gateway's buffers, bounded by its water
/// marks, and the kernel's: four sockets of up to some MiB each.
@Suite(.serialized)
struct BackPressureTests {
    private static let chunk = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024)
    private static let chunks = 768
    private static let total = chunk.readableBytes * chunks
    private static let bound = 32 * 1024 * 1024

    /// Waits until no more is written while the gateway's loop turns many times.
    private func stalled(_ written: Watched<Int>, _ gateway: Gateway) async throws -> Int {
        try await written.wait(for: "something to be written") { $0 > 0 }
        var last = -1
        while written.value != last {
            last = written.value
            for _ in 1...300 {
                _ = try await gateway.server.connectionCount()
            }
        }
        return last
    }

    @Test(arguments: [false, true])
    func `an upstream is not read ahead of a client that does not read`(_ isChunked: Bool) async throws {
        let written = Watched(0)
        var chunk = Self.chunk
        if isChunked {
            chunk = ByteBuffer(string: "10000\r\n")
            chunk.writeImmutableBuffer(Self.chunk)
            chunk.writeString("\r\n")
        }
        let (piece, framing) = (chunk, isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.total)")
        let service = try await ScriptedUpstream.start { connection in
            _ = try await connection.request()
            try await connection.send("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n")
            try await connection.pour(piece, times: Self.chunks, counting: written)
            if isChunked { try await connection.send("0\r\n\r\n") }
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect(reads: false, keeps: false)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await stalled(written, gateway) < Self.bound)
            try await client.startReading()
            try await client.received.wait(for: "all of the response") { $0.count >= Self.total }
        }
    }

    @Test(arguments: [false, true])
    func `a client is not read ahead of an upstream that does not read`(_ isChunked: Bool) async throws {
        let written = Watched(0)
        let piece =
            isChunked
            ? ByteBuffer(bytes: Array("10000\r\n".utf8) + Array(Self.chunk.readableBytesView) + Array("\r\n".utf8))
            : Self.chunk
        let service = try await ScriptedUpstream.start(keeps: false, reads: false) { connection in
            try await connection.received.wait(for: "all of the request") { $0.count > Self.total }
            try await connection.send(.ok())
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(Self.total)"
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            async let poured: Void = client.pour(piece, times: Self.chunks, counting: written)
            #expect(try await stalled(written, gateway) < Self.bound)
            try await service.connection(0).startReading()
            try await poured
            if isChunked { try await client.send("0\r\n\r\n") }
            #expect(try await client.response().status == 200)
        }
    }
}
