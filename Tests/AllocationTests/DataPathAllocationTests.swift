import CAllocationCount
import GatewayKit
import GatewayServer
import Logging
import NIOCore
import NIOPosix
import Testing

/// What a paid request costs the whole data path in memory, exactly, from the client's socket to the upstream's and back:
/// a number that grows is a regression that a review must explain, and one that falls is to be written down here.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct `Allocations of a paid request through the data path` {
    private static let warmUp = 50
    private static let rounds = 300

    private struct Answering: Stage {
        func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.reply(.text(RepeatingClient.answer))) }
    }

    /// A server with an event loop of its own, whose thread counts what it allocates.
    private func serving<Result>(
        _ route: Route,
        _ body: (_ port: Int) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await GatewayServer(
            listeners: [.init(ListenerSettings(host: "127.0.0.1", port: 0), routing: SingleRoute(route))],
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            drainTimeout: .milliseconds(200)
        ).start()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(server.addresses.first?.port ?? 0))
        } catch {
            result = .failure(error)
        }
        await server.drain()
        try await group.shutdownGracefully()
        return try result.get()
    }

    /// What a request costs once everything is warm: connections, header tables, and the credential that is remembered.
    private func cost(_ client: RepeatingClient.Version, to transport: Upstream.Transport) async throws -> Int? {
        let counter = AllocationCounter(capacity: Self.warmUp + Self.rounds)
        try await serving(Route(name: "service", stages: [Answering()])) { upstreamPort in
            let upstream = Upstream(name: "service", host: "127.0.0.1", port: upstreamPort, transport: transport)
            let paid = try PaidRoute(to: upstream, observer: counter)
            try await serving(paid.route) { port in
                let count = Self.warmUp + Self.rounds
                try await RepeatingClient.send(count, client, authorization: paid.authorization, to: port)
            }
            withExtendedLifetime(paid) {}
        }
        return counter.usual(from: Self.warmUp)
    }

    @Test(
        .enabled(if: sluice_allocation_count() >= 0, "sanitizers bring their own allocator"),
        arguments: [
            (RepeatingClient.Version.http1, Upstream.Transport.http1, 60),
            (.http1, .http2, 125),
            (.http2, .http1, 93),
            (.http2, .http2, 159),
        ]
    )
    func `are as many as here, in a debug build`(
        client: RepeatingClient.Version,
        upstream: Upstream.Transport,
        expected: Int
    ) async throws {
        let cost = try await cost(client, to: upstream)
        #expect(cost == expected)
    }
}
