internal import Foundation
internal import LightningTesting

/// How long a gateway takes until it listens, and until it follows an lnd that is new to it and was paid so often before.
struct StartupScenario: Scenario {
    private static let patience = Duration.seconds(30)
    private static let macaroonName = "SLUICE_BENCH_MACAROON"

    let invoices: UInt64

    static let all = [UInt64(1_000), 1_000_000].map { StartupScenario(invoices: $0) }

    var title: String { "the first start with an lnd that was paid \(invoices) times" }
    var programs: [Program] { [.sluice] }

    func measure(_ program: Program, on bench: Workbench) throws -> Sample {
        let lnd = try StartedLnd(invoices: invoices)
        defer { lnd.stop() }
        let port = try FreePort.next()
        let folder = try bench.workspace.folder("startup")
        let certificate = try bench.workspace.write(LndIdentity.node.certificate.utf8, to: "startup/tls.cert")
        let policy = """
            version: 1
            listen: 127.0.0.1:\(port)
            lightning:
              use: lnd
              address: 127.0.0.1:\(lnd.node.port)
              certificate: \(certificate)
              macaroon: !env \(Self.macaroonName)
              network: regtest
            store: { use: sqlite }
            upstreams:
              back: { url: http://127.0.0.1:\(bench.upstreams.http) }
            routes:
              - name: all
                match: { path: /* }
                pipeline:
                  - auth: l402
                  - caveats: [expires, service]
                  - rate-limit: { limit: 20/s, burst: 40 }
                  - price: 1 sat
                  - forward: back

            """
        let file = try bench.workspace.write(policy.utf8, to: "startup/policy.yaml")
        let start = ContinuousClock.now
        let process = try ChildProcess(
            [bench.tools.sluice, "run", file, "--data", "\(folder)/data"],
            named: "sluice-startup",
            on: .underTest,
            environment: [Self.macaroonName: FakeLnd.macaroon],
            workspace: bench.workspace,
            tools: bench.tools
        )
        defer { process.stop() }
        try process.waitForPort(port, within: Self.patience)
        let listening = start.duration(to: .now)
        while !lnd.node.isFollowed {
            guard start.duration(to: .now) < Self.patience else { throw BenchFailure("lnd is not followed") }
            Thread.sleep(forTimeInterval: 0.001)
        }
        let following = start.duration(to: .now)
        // What is told first is on its way.
        Thread.sleep(forTimeInterval: 0.5)
        return [
            .listenTime: listening.milliseconds,
            .followTime: following.milliseconds,
            .nodeCalls: Double(lnd.node.calls),
            .nodeInvoices: Double(lnd.node.sent),
            .nodeAnswers: ByteCount(lnd.node.sentBytes).kibibytes,
        ]
    }
}
