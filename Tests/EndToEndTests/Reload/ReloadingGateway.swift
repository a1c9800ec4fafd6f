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
import sluice

/// A gateway whose policy stands in a file of the test's.
struct ReloadingGateway {
    let running: RunningGateway
    let folder: TemporaryFolder
    let upstreamPort: Int
    var url: String { "http://127.0.0.1:\(running.addresses[0].port ?? 0)" }
    var node: String { "http://127.0.0.1:\(running.addresses[1].port ?? 0)" }
    var admin: String { "http://127.0.0.1:\(running.addresses.last?.port ?? 0)" }

    /// By default nothing is taken up before the test says so.
    static func with<Result>(
        _ routes: String,
        more: String = manual,
        _ body: (ReloadingGateway) async throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryFolder()
        let upstream = try await EchoUpstream.start()
        let port = upstream.addresses.first?.port ?? 0
        try write(routes, more, upstreamPort: port, in: folder)
        let path = folder.path
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let policy = try LoadedPolicy(dataFolder: "\(path)/data", logger: logger) { $0.load("\(path)/policies") }
        let running = try await Gateway(policy, drainTimeout: .seconds(1)).start(
            on: MultiThreadedEventLoopGroup.singleton
        )
        let gateway = ReloadingGateway(running: running, folder: folder, upstreamPort: port)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(gateway))
        } catch {
            result = .failure(error)
        }
        await running.stop()
        await upstream.drain()
        return try result.get()
    }

    static let manual = "reload: { watch: false }"

    static func route(_ price: String?, path: String = "/quotes", name: String = "quotes") -> String {
        let sale = "{ auth: l402 }, { caveats: [service, expires] }, { rate-limit: { limit: 100000/s } }"
        let free = "{ rate-limit: { limit: 100000/s } }"
        let stages = price.map { "\(sale), { price: \($0) }" } ?? free
        return "  - { name: \(name), match: { path: \(path) }, pipeline: [ \(stages), { forward: echo } ] }"
    }

    private static func write(
        _ routes: String,
        _ more: String,
        upstreamPort: Int,
        in folder: TemporaryFolder
    ) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: "\(folder.path)/policies", withIntermediateDirectories: true)
        let text = TestGateway.policyText(upstreamPort: upstreamPort, routes: routes)
        try Data("\(text)\nadmin: { listen: 127.0.0.1:0 }\n\(more)\n".utf8)
            .write(to: URL(filePath: "\(folder.path)/policies/a.yaml"), options: .atomic)
    }

    func write(_ routes: String, more: String = manual) throws {
        try Self.write(routes, more, upstreamPort: upstreamPort, in: folder)
    }

    /// Asks unpaid, pays through the node's interface, and returns the value for `Authorization`.
    func buy(_ path: String) async throws -> String {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url + path), timeout: .seconds(30))
        guard let challenge = L402Challenge.challenges(in: response.headers["www-authenticate"]).first else {
            throw ConformanceFailure("\(path) answered \(response.status.code) without a challenge")
        }
        let wallet = try LndRESTWallet(url: node, macaroonHex: nil, certificateFile: nil)
        let payment: Payment
        do {
            payment = try await wallet.pay(challenge.invoice, feeLimit: .zero)
        } catch {
            try? await wallet.shutdown()
            throw error
        }
        try await wallet.shutdown()
        return challenge.paid(with: payment.preimage).authorization
    }

    func reload(allowingLosses: Bool = false) async -> ReloadReport {
        await running.reload.reload(because: "the test", allowingLosses: allowingLosses)
    }

    func status(_ path: String, _ method: HTTPMethod = .GET, _ fields: [(String, String)] = []) async throws -> Int {
        Int(try await answer(url + path, method, fields).status.code)
    }

    func answer(
        _ url: String,
        _ method: HTTPMethod = .GET,
        _ fields: [(String, String)] = []
    ) async throws -> (status: HTTPResponseStatus, body: String) {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        return (response.status, String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }
}
