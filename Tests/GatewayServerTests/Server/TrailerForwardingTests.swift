import GatewayKit
import GatewayServer
import NIOCore
import Testing

/// Trailers come when everything was decided by the head: what would change that is left out.
struct TrailerForwardingTests {
    private static let refused = [
        ("authorization", "L402 a:b"), ("payment-authorization", "Payment e30"), ("macaroon", "00"),
        ("payment-receipt", "e30"), ("payment-session-secret", "00"),
        ("cookie", "a=b"), ("set-cookie", "a=b"), ("content-type", "text/html"), ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"), ("x_forwarded_for", "192.0.2.1"), ("x-forwarded-port", "1"),
        ("x-real-ip", "192.0.2.1"), ("location", "/"), ("cache-control", "public"), ("www-authenticate", "L402"),
    ]
    /// HTTP/2 does not let these come at all.
    private static let framing = [
        ("content-length", "1"), ("transfer-encoding", "chunked"), ("connection", "close"), ("host", "b"),
        ("te", "trailers"), ("upgrade", "h2c"), ("trailer", "x"),
    ]

    private func lines(_ fields: [(String, String)]) -> String {
        fields.map { "\($0.0): \($0.1)\r\n" }.joined()
    }

    @Test(arguments: Versions.all)
    func `an upstream's trailers pass, but for those that frame, route or authorise`(_ versions: Versions) async throws
    {
        let fields =
            Self.refused + (versions.back == .http1 ? Self.framing : []) + [("grpc-status", "0"), ("x-sum", "1")]
        let service = try await AnsweringUpstream.start(versions.back) { upstream in
            try await upstream.head()
            try await upstream.part("a")
            try await upstream.end(trailers: fields)
        }
        let upstream = Upstream(
            name: "service",
            host: "127.0.0.1",
            port: service.port,
            transport: versions.back == .http1 ? .http1 : .http2
        )
        try await Gateway.serving([ForwardStage(upstream)]) { gateway in
            let answer = try await AnsweredClient.request(gateway, versions.front).whole()
            #expect(answer.trailers == ["grpc-status: 0", "x-sum: 1"])
        }
        await service.stop()
    }

    @Test func `a client's trailers pass, but for those that frame, route or authorise`() async throws {
        let service = try await ScriptedUpstream.answering { request in
            .ok(request.trailers.map(\.name).joined(separator: ","))
        }
        try await Gateway.forwarding(to: service) { gateway in
            let client = try await gateway.connect()
            let trailers = lines(Self.refused + Self.framing + [("x-sum", "1")])
            try await client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\(trailers)\r\n"
            )
            #expect(try await client.response().text == "x-sum")
        }
    }
}
