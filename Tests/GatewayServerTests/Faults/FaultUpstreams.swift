import GatewayKit
import GatewayServer
import NIOCore
import NIOPosix

/// The upstreams of all runs, and the services behind them.
///
/// Runs that need an upstream without faults have it to themselves: what their clients do must not harm each other.
final class FaultUpstreams: Sendable {
    private let good: [FaultRun.Version: Upstream]
    private let faulty: [FaultRun.Version: Upstream]
    private let slamming: [FaultRun.Version: Upstream]
    private let mute: [FaultRun.Version: Upstream]
    private let refusing: [FaultRun.Version: Upstream]
    private let listeners: [any Channel]

    var all: [Upstream] { [good, faulty, slamming, mute, refusing].flatMap(\.values) }

    static func start(seed: UInt64, _ ledger: FaultLedger, on group: any EventLoopGroup) async throws -> FaultUpstreams
    {
        var ports: [FaultRun.Version: Int] = [:]
        var listeners: [any Channel] = []
        for version in FaultRun.Version.allCases {
            let listener = try await listen(on: group) { channel in
                let pipeline = channel.pipeline.syncOperations
                let wire = FaultyWire()
                try pipeline.addHandlers(PeerCount(ledger), wire)
                switch version {
                case .http1: try pipeline.addHandler(HTTP1FaultUpstream(seed: seed, ledger, wire))
                case .http2: try pipeline.addHandler(HTTP2FaultUpstream(seed: seed, ledger, wire))
                }
            }
            listeners.append(listener)
            ports[version] = listener.localAddress?.port
        }
        let slamming = try await listen(on: group) { $0.close(promise: nil) }
        let mute = try await listen(on: group) { try $0.pipeline.syncOperations.addHandler(PeerCount(ledger)) }
        return FaultUpstreams(
            ports,
            slamming: slamming,
            mute: mute,
            refusing: try await ScriptedUpstream.closedPort(),
            listeners: listeners + [slamming, mute]
        )
    }

    private init(
        _ ports: [FaultRun.Version: Int],
        slamming: any Channel,
        mute: any Channel,
        refusing: Int,
        listeners: [any Channel]
    ) {
        let patient = Upstream.Timeouts(connect: .seconds(20), response: .seconds(20), idle: .seconds(20))
        let impatient = Upstream.Timeouts(
            connect: .milliseconds(300),
            response: .milliseconds(300),
            idle: .milliseconds(300)
        )
        good = Self.upstreams("good", patient) { ports[$0] ?? 0 }
        faulty = Self.upstreams("faulty", impatient) { ports[$0] ?? 0 }
        self.slamming = Self.upstreams("slamming", impatient) { _ in slamming.localAddress?.port ?? 0 }
        self.mute = Self.upstreams("mute", impatient) { _ in mute.localAddress?.port ?? 0 }
        self.refusing = Self.upstreams("refusing", impatient) { _ in refusing }
        self.listeners = listeners
    }

    private static func upstreams(
        _ name: String,
        _ timeouts: Upstream.Timeouts,
        port: (FaultRun.Version) -> Int
    ) -> [FaultRun.Version: Upstream] {
        var upstreams: [FaultRun.Version: Upstream] = [:]
        for version in FaultRun.Version.allCases {
            var pooling = Upstream.Pooling()
            pooling.idleTime = .milliseconds(300)
            upstreams[version] = Upstream(
                name: "\(name) \(version.rawValue)",
                endpoints: [.init(host: "127.0.0.1", port: port(version))],
                transport: version == .http1 ? .http1 : .http2,
                timeouts: timeouts,
                pooling: pooling
            )
        }
        return upstreams
    }

    private static func listen(
        on group: any EventLoopGroup,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    func upstream(of run: FaultRun) -> Upstream {
        let upstreams =
            switch run.upstreamFault {
            case .none: good
            case .refuses: refusing
            case .slams: slamming
            case .mute: mute
            default: faulty
            }
        guard let upstream = upstreams[run.back] else { preconditionFailure("no upstream for \(run.back)") }
        return upstream
    }

    func stop() async {
        for listener in listeners { try? await listener.close() }
    }
}

/// Counts the connections that an upstream has.
private final class PeerCount: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let ledger: FaultLedger

    init(_ ledger: FaultLedger) {
        self.ledger = ledger
    }

    func channelActive(context: ChannelHandlerContext) {
        ledger.update { $0.livePeers += 1 }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ledger.update { $0.livePeers -= 1 }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who says nothing goes when the gateway does.
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
