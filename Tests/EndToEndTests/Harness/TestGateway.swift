import AsyncHTTPClient
import Foundation
import GatewayKit
import GatewayPolicy
import GatewayServer
import GatewayTesting
import L402
import Lightning
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import sluice

/// A whole gateway on free loopback ports, with a development node and a service behind it.
struct TestGateway {
    let running: RunningGateway
    let upstream: RunningServer
    let policy: LoadedPolicy
    let url: String
    let node: String
    let folder: String

    /// Runs `body` with a gateway whose routes are `routes`; everything is stopped and removed afterwards.
    ///
    /// - Parameter echoPort: of another service in place of the one that echoes.
    static func with<Result>(
        listen: String = "127.0.0.1:0",
        routes: String = standardRoutes,
        time: TimeSource = .system,
        folder: String? = nil,
        echo echoPort: Int? = nil,
        _ body: (TestGateway) async throws -> Result
    ) async throws -> Result {
        let data = folder ?? NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        let upstream = try await EchoUpstream.start()
        let port = echoPort ?? upstream.addresses.first?.port ?? 0
        let text = policyText(listen: listen, upstreamPort: port, routes: routes)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let policy = try LoadedPolicy(dataFolder: data, time: time, logger: logger) {
            $0.load(text: text, named: "test.yaml")
        }
        let running = try await Gateway(policy, drainTimeout: .seconds(1)).start(
            on: MultiThreadedEventLoopGroup.singleton
        )
        let ports = running.addresses.map { $0.port ?? 0 }
        let gateway = TestGateway(
            running: running,
            upstream: upstream,
            policy: policy,
            url: "http://127.0.0.1:\(ports[0])",
            node: "http://127.0.0.1:\(ports[1])",
            folder: data
        )
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(gateway))
        } catch {
            result = .failure(error)
        }
        await running.stop()
        await upstream.drain()
        if folder == nil { try? FileManager.default.removeItem(atPath: data) }
        return try result.get()
    }

    static func policyText(listen: String = "127.0.0.1:0", upstreamPort: Int, routes: String = standardRoutes) -> String
    {
        """
        version: 1
        listen: \(listen)
        lightning: { use: dev, listen: 127.0.0.1:0 }
        store: { use: sqlite }
        allow: { other-path: what these tests sell is worth nothing }
        upstreams:
          echo: { url: http://127.0.0.1:\(upstreamPort) }
          nobody: { url: "unix:/proc/nobody.sock" }
          echo2: { url: h2c://127.0.0.1:\(upstreamPort) }
        pipelines:
        \(pipelines.filter { routes.contains("use: \($0.name)") }.map(\.text).joined(separator: "\n"))
          paid:
            - auth: { use: l402, valid-for: 1h }
            - caveats: [service, expires, path, method, address]
            - rate-limit: { limit: 1000/s }
            - price: 10 sat
            - forward: echo
        routes:
        \(routes)
        """
    }

    /// Those that routes use; one that nobody uses is a warning.
    private static let pipelines = [
        (
            name: "open",
            text: """
              open:
                - rate-limit: { limit: 1000/s }
                - forward: echo
            """
        ),
        (
            name: "charged",
            text: """
              charged:
                - auth: mpp
                - rate-limit: { limit: 1000/s }
                - price: 10 sat
                - forward: echo
            """
        ),
        (
            // A price is to follow.
            name: "either-scheme",
            text: """
              either-scheme:
                - auth: [{ use: l402, valid-for: 1h }, mpp]
                - caveats: [service, expires]
                - rate-limit: { limit: 1000/s }
            """
        ),
    ]

    static let standardRoutes = """
          - name: quotes
            match: { path: /quotes }
            pipeline: [ use: paid ]
          - name: other
            match: { path: /other }
            pipeline: [ use: paid ]
          - name: limited
            match: { path: /limited }
            pipeline:
              - rate-limit: { limit: 1/h, burst: 2, per: address }
              - forward: { to: echo, rewrite: /echo }
          - name: free
            match: { path: /free/* }
            pipeline:
              - rate-limit: { limit: 1000/s, per: address }
              - forward: { to: echo, strip: /free }
        """

    var store: any Store { policy.plan.store }
    var revocations: RevocationList { policy.revocations }

    // MARK: As a client

    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: String

        var challenge: L402Challenge? { L402Challenge.challenges(in: headers["www-authenticate"]).first }
    }

    /// - Parameter chunks: a body that does not say how long it is.
    func request(
        _ path: String,
        method: HTTPMethod = .GET,
        _ fields: [(String, String)] = [],
        body: String? = nil,
        chunks: String? = nil,
        at base: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: (base ?? url) + path)
        request.method = method
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        if let chunks { request.body = .bytes(Array(chunks.utf8), length: .unknown) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let content = try await response.body.collect(upTo: 1 << 24)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: content))
    }

    /// Asks unpaid, pays through the node's interface, and returns the token.
    func buy(_ path: String) async throws -> L402Token {
        try await pay(try await request(path))
    }

    /// Pays what an answer asks for through the node's interface, and returns the token.
    func pay(_ answer: Answer) async throws -> L402Token {
        guard answer.status == 402, let challenge = answer.challenge else {
            throw ConformanceFailure(
                "a request was answered \(answer.status), not 402 with a challenge: \(answer.body)"
            )
        }
        let wallet = try LndRESTWallet(url: node, macaroonHex: nil, certificateFile: nil)
        do {
            let payment = try await wallet.pay(challenge.invoice, feeLimit: .zero)
            try await wallet.shutdown()
            return challenge.paid(with: payment.preimage)
        } catch {
            try? await wallet.shutdown()
            throw error
        }
    }
}

func expectStatus(
    _ status: Int,
    _ answer: TestGateway.Answer,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(answer.status == status, "\(answer.body)", sourceLocation: location)
}
