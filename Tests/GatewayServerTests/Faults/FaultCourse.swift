import GatewayKit
import GatewayServer
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// A gateway with listeners of each kind, the upstreams behind it, and the clients that run against it.
final class FaultCourse: Sendable {
    /// Longer than everything that may take its time in a run together; only bounds a run that hangs.
    private static let deadline = TimeAmount.minutes(2)

    let seed: UInt64
    let ledger: FaultLedger
    let server: RunningServer
    let upstreams: FaultUpstreams
    let route: Route
    private let gatewayGroup: MultiThreadedEventLoopGroup
    private let peerGroup: MultiThreadedEventLoopGroup
    private let ports: [Int]
    private let tls: [FaultRun.Version: NIOSSLContext]

    init(seed: UInt64, certificate: TLSFiles) async throws {
        self.seed = seed
        let ledger = FaultLedger()
        self.ledger = ledger
        gatewayGroup = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        peerGroup = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        upstreams = try await FaultUpstreams.start(seed: seed, ledger, on: peerGroup)
        route = Route(
            name: "faults",
            stages: [ProbingStage(ledger: ledger), FaultStage(seed: seed, upstreams: upstreams, ledger: ledger)]
        )
        let patient = MessageLimits(headTimeout: .seconds(20), idleTimeout: .seconds(20))
        let impatient = MessageLimits(headTimeout: .milliseconds(300), idleTimeout: .milliseconds(400))
        var listeners: [GatewayServer.Listener] = []
        for limits in [patient, impatient] {
            for tls in [nil, ServerTLS(.files(default: certificate, others: []))] {
                let settings = ListenerSettings(host: "127.0.0.1", port: 0, tls: tls, limits: limits)
                listeners.append(.init(settings, routing: SingleRoute(route)))
            }
        }
        server = try await GatewayServer(
            listeners: listeners,
            group: gatewayGroup,
            logger: Logger(label: "faults") { _ in SwiftLogNoOpLogHandler() },
            drainTimeout: .seconds(1)
        ).start()
        ports = server.addresses.map { $0.port ?? 0 }
        var tls: [FaultRun.Version: NIOSSLContext] = [:]
        for version in FaultRun.Version.allCases {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            configuration.applicationProtocols = version == .http2 ? ["h2"] : ["http/1.1"]
            tls[version] = try NIOSSLContext(configuration: configuration)
        }
        self.tls = tls
    }

    func stop() async throws {
        await server.drain()
        await upstreams.stop()
        try await gatewayGroup.shutdownGracefully()
        try await peerGroup.shutdownGracefully()
    }

    // MARK: Running

    /// Runs these, so many at a time.
    func run(_ numbers: Range<Int>, atOnce most: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in numbers {
                if number - numbers.lowerBound >= most { try await group.next() }
                group.addTask { try await self.run(FaultRun(seed: self.seed, number: number)) }
            }
            try await group.waitForAll()
        }
    }

    private func run(_ run: FaultRun) async throws {
        let (ledger, tls) = (ledger, run.isEncrypted ? tls[run.front] : nil)
        let index = (run.clientFault == .none ? 0 : 2) + (run.isEncrypted ? 1 : 0)
        let channel = try await ClientBootstrap(group: peerGroup)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let wire = FaultyWire(run.clientFault.wire, of: run.number)
                    try pipeline.addHandler(wire)
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
                    let report = FaultReport(run, ledger)
                    switch run.front {
                    case .http1: try pipeline.addHandler(HTTP1FaultClient(report))
                    case .http2: try pipeline.addHandler(HTTP2FaultClient(report))
                    }
                    let expiry = channel.eventLoop.assumeIsolated().scheduleTask(in: Self.deadline) {
                        report.fail("it hangs after \(report.statuses), with \(wire.state)")
                        channel.close(mode: .all, promise: nil)
                    }
                    channel.closeFuture.assumeIsolated().whenComplete { _ in expiry.cancel() }
                }
            }
            .connect(host: "127.0.0.1", port: ports[index])
            .get()
        try await channel.closeFuture.get()
    }

    /// Waits until what came of the runs is gone; how long only bounds a test that fails.
    ///
    /// - Returns: what is still there.
    func remains(openFiles: Int) async throws -> FaultRemains {
        var remains = FaultRemains(pooled: 0, others: [])
        for _ in 0..<3_000 {
            let state = ledger.value
            let counts = [
                ("client connections", try await server.connectionCount()),
                ("connections of upstreams", state.livePeers),
                ("exchanges", state.liveExchanges),
                ("exchanges that were not settled", state.admitted - state.settled),
                ("open files", max(0, ProcessUse.openFiles - openFiles)),
            ]
            remains = FaultRemains(
                pooled: try await server.upstreamConnectionCount(),
                others: counts.filter { $0.1 != 0 }.map { "\($0.1) \($0.0)" }
            )
            if remains.pooled == 0, remains.others.isEmpty { break }
            try await peerGroup.any().scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        }
        return remains
    }
}
