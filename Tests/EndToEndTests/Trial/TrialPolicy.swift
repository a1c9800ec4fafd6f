import GatewayKit
import GatewayPolicy
import GatewayServer
import NIOCore
import sluice

/// A policy and a gateway that tries it.
enum TrialPolicy {
    /// Nobody listens anywhere that it names, and it listens where somebody else does.
    static let text = """
        version: 1
        listen: 127.0.0.1:1
        lightning: { use: dev, listen: 127.0.0.1:2 }
        store: { use: sqlite }
        trace: { token: a-token-of-the-operator }
        upstreams:
          back: { url: http://127.0.0.1:9 }
        routes:
          - name: paid
            match: { path: /paid, method: GET }
            pipeline:
              - auth: [{ use: l402, valid-for: 1h }, mpp]
              - caveats: [service, expires, path]
              - rate-limit: { limit: 1/s, burst: 5 }
              - price: 10 sat
              - headers: { response: { set: { x-adjusted: "yes" } } }
              - forward: { to: back, rewrite: /inside }
          - name: watched
            match: { path: /watched }
            shadow: true
            pipeline:
              - auth: [l402, mpp]
              - caveats: [service, expires]
              - rate-limit: { limit: 1/s, burst: 2 }
              - price: 10 sat
              - forward: back
          - name: unlimited
            match: { path: /unlimited }
            pipeline:
              - rate-limit: { limit: 1/s, burst: 2 }
                shadow: true
              - respond: here
          - name: rest
            match: { path: /* }
            pipeline:
              - rate-limit: 1000/s
              - forward: back
        allow: { other-path: what is tried is not sold }
        """

    static func with<Result>(
        _ policy: String = text,
        _ body: (TrialGateway) async throws -> Result
    ) async throws -> Result {
        let gateway = try await TrialGateway(at: TestSuite.start) { $0.load(text: policy, named: "policy.yaml") }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(gateway))
        } catch {
            result = .failure(error)
        }
        await gateway.stop()
        return try result.get()
    }

    static func request(_ target: String, _ fields: [(name: String, value: String)] = []) -> TrialRequest {
        TrialRequest(authority: "localhost", target: target, fields: fields)
    }
}
