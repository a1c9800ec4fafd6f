import Foundation
import L402
import Testing

@Suite(
    .serialized,
    .timeLimit(.minutes(5)),
    .enabled(if: ProtocolPeer.expects("nginx", "h2load", "openssl"), "nginx, h2load and openssl are not installed")
)
struct `Protocols: h2load` {
    /// How h2load reaches the gateway.
    enum Front: String, CaseIterable {
        case h2c = "h2c"
        case http2TLS = "HTTP/2 over TLS"
        case http1 = "HTTP/1.1"
        case http1TLS = "HTTP/1.1 over TLS"

        var arguments: [String] { self == .http1 || self == .http1TLS ? ["--h1"] : ["--max-concurrent-streams", "16"] }

        func url(_ gateway: ProtocolGateway) -> String {
            switch self {
            case .h2c, .http1: "http://127.0.0.1:\(gateway.port)"
            case .http2TLS, .http1TLS: "https://127.0.0.1:\(gateway.tlsPort)"
            }
        }
    }

    /// The upstream closes after every fiftieth, so that eight connections end while they are in use.
    private static let count = 400

    /// What h2load reports of so many requests on eight connections.
    private func load(_ arguments: [String], _ url: String) async throws -> [Substring] {
        let amount = ["--requests", "\(Self.count)", "--clients", "8", "--connection-inactivity-timeout", "30"]
        let output = try await ProtocolPeer.run([try ProtocolPeer.program("h2load")] + amount + arguments + [url])
        return String(decoding: output, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("requests:") || $0.hasPrefix("status codes:") }
    }

    private static let success: [Substring] = [
        "requests: \(count) total, \(count) started, \(count) done, \(count) succeeded, 0 failed, 0 errored, 0 timeout",
        "status codes: \(count) 2xx, 0 3xx, 0 4xx, 0 5xx",
    ]

    @Test(arguments: Front.allCases, NginxFiles.allCases)
    func `every request succeeds, while the upstream closes connection after connection`(
        front: Front,
        upstream: NginxFiles
    ) async throws {
        let report = try await upstream.behindGateway(requests: 50) { gateway, _ in
            try await load(front.arguments, "\(front.url(gateway))/files/small")
        }
        #expect(report == Self.success)
    }

    @Test(arguments: [[], ["--h1"]])
    func `every paid request succeeds`(version: [String]) async throws {
        let routes = """
              - name: quotes
                match: { path: /quotes }
                pipeline:
                  - auth: { use: l402, valid-for: 1h }
                  - caveats: [service, expires, path, method, address]
                  - price: 10 sat
                  - forward: echo
            """
        try await TestGateway.with(routes: routes) { gateway in
            let token = try await gateway.buy("/quotes")
            let paid = ["--header", "authorization: \(token.authorization)"]
            let report = try await load(version + paid, "\(gateway.url)/quotes")
            #expect(report == Self.success)
        }
    }
}
