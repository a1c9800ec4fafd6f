import Foundation
import GatewayKit
import GatewayPolicy
import L402
import Lightning
import Logging
import MPP
import NIOCore
import NIOPosix
import sluice

/// A gateway that decides for other proxies.
struct AuthorizingGateway {
    /// Where it is asked over gRPC.
    let port: Int
    /// Where it is asked over HTTP.
    let httpPort: Int
    /// Where the development node's interface is.
    let node: String

    static let policy = """
        version: 1
        listen: 127.0.0.1:0
        lightning: { use: dev, listen: 127.0.0.1:0 }
        store: { use: memory }
        routes:
          - name: quotes
            match: { path: /v1/quotes }
            pipeline:
              - auth: { use: l402, valid-for: 1h }
              - caveats: [service, expires, path, method, address]
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - headers: { request: { set: { X-Paid: "yes" } }, response: { set: { X-Sold-By: sluice } } }
              - pass
          - name: charged
            match: { path: /v1/charged }
            pipeline:
              - auth: mpp
              - rate-limit: { limit: 1000/s }
              - price: 10 sat
              - pass
          - name: body
            match: { path: /v1/body, method: POST }
            pipeline:
              - auth: { use: l402, valid-for: 1h }
              - caveats: [service, expires]
              - rate-limit: { limit: 1000/s }
              - price:
                  rules: [{ when: 'request.json.a == "b"', amount: 5 sat }]
                  otherwise: 1 sat
              - pass
        """

    /// Runs `body` with a gateway that decides by `policy`.
    static func with<Result>(
        _ policy: String = policy,
        _ body: (AuthorizingGateway) async throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryFolder()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let loaded = try LoadedPolicy(dataFolder: "\(folder.path)/data", logger: logger) {
            $0.load(text: policy, named: "test.yaml")
        }
        let authorizer = Authorizer(http: ListenerSettings(host: "127.0.0.1", port: 0))
        let running = try await Gateway(loaded, drainTimeout: .seconds(1), authorizer: authorizer).start(
            on: MultiThreadedEventLoopGroup.singleton
        )
        let ports = running.addresses.map { $0.port ?? 0 }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await body(
                    AuthorizingGateway(port: ports[0], httpPort: ports[1], node: "http://127.0.0.1:\(ports[2])")
                )
            )
        } catch {
            result = .failure(error)
        }
        await running.stop()
        return try result.get()
    }

    /// Pays an offer.
    func token(for challenge: L402Challenge) async throws -> String {
        challenge.paid(with: try await pay(challenge.invoice)).authorization
    }

    /// Pays an offer for one request.
    func charge(for challenge: PaymentChallenge) async throws -> String {
        let invoice = try challenge.requestObject()["methodDetails"]?["invoice"]?.text ?? ""
        return challenge.paid(with: try await pay(invoice)).authorization
    }

    private func pay(_ invoice: String) async throws -> Preimage {
        let wallet = try LndRESTWallet(url: node, macaroonHex: nil, certificateFile: nil)
        let payment = try await wallet.pay(invoice, feeLimit: .zero)
        try await wallet.shutdown()
        return payment.preimage
    }
}
