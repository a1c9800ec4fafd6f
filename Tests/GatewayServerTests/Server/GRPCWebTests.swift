import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// gRPC-Web has its trailers in the body: to a gateway it is a body like any other.
struct GRPCWebTests {
    /// A message, and a frame of trailers (gRPC-Web, "Protocol differences vs gRPC over HTTP2").
    private static let message: [UInt8] = [0, 0, 0, 0, 3, 0xFF, 0, 0x80]
    private static let trailers: [UInt8] = [0x80, 0, 0, 0, 15] + Array("grpc-status:0\r\n".utf8)

    @Test func `a call and its answer pass byte for byte`() async throws {
        let seen = Watched<WireMessage?>(nil)
        let service = try await ScriptedUpstream.start { connection in
            let request = try await connection.request()
            seen.update { $0 = request }
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: application/grpc-web+proto\r\nTransfer-Encoding: chunked\r\n\r\n"
            let body = Self.message + Self.trailers
            try await connection.send(Array("\(head)\(String(body.count, radix: 16))\r\n".utf8) + body)
            try await connection.send("\r\n0\r\n\r\n")
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            let head =
                "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web+proto\r\nX-Grpc-Web: 1\r\n"
            let length = "Content-Length: \(Self.message.count)\r\n\r\n"
            try await client.send(Array("\(head)\(length)".utf8) + Self.message)
            let response = try await client.response()
            #expect(response["content-type"] == "application/grpc-web+proto")
            #expect(Array(response.body) == Self.message + Self.trailers)
        }
        #expect(seen.value.map { Array($0.body) } == Self.message)
        #expect(seen.value?["x-grpc-web"] == "1")
    }

    /// Its clients read the status of HTTP where there is no answer of gRPC-Web.
    @Test func `a service that is down is told by the status of HTTP`() async throws {
        let down = Upstream(name: "down", host: "127.0.0.1", port: try await ScriptedUpstream.closedPort())
        try await Gateway.serving([ForwardStage(down)]) { gateway in
            let client = try await gateway.connect()
            try await client.send(
                "POST /a.B/C HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc-web\r\nContent-Length: 0\r\n\r\n"
            )
            let response = try await client.response()
            #expect(response.status == 502)
            #expect(response["grpc-status"] == nil)
        }
    }
}
