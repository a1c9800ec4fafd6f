import CAllocationCount
import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import Testing

/// What a paid request costs the pipeline in memory, exactly: a number that grows is a regression that a review must
/// explain.
@Suite(.serialized) struct `Allocations of a paid request` {
    private let loop = EmbeddedEventLoop()
    private let client = Client(address: IPAddress("192.0.2.1"))
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let upstream = Upstream(name: "echo", host: "127.0.0.1", port: 1)

    @Test(.enabled(if: sluice_allocation_count() >= 0, "sanitizers bring their own allocator"))
    func `six synchronous stages admit a paid request with two allocations in a debug build`() throws {
        let paid = try PaidRoute(to: upstream)
        let route = paid.route
        let request = RequestHead.example(
            .get,
            "/v1/quotes",
            fields: [("Accept", "*/*"), ("Authorization", paid.authorization), ("User-Agent", "test")]
        )
        // The first request verifies and remembers the credential, and makes the client's bucket.
        for _ in 0..<3 {
            #expect(try admit(request, route) == route.stages.count)
        }
        let rounds = 100
        let before = sluice_allocation_count()
        var admitted = 0
        for _ in 0..<rounds {
            admitted &+= try admit(request, route)
        }
        let count = sluice_allocation_count() - before
        #expect(admitted == rounds * route.stages.count)
        // The exchange; and the copy of its edits that `headers` changes, which an optimised build keeps on the stack.
        #expect(count == 2 * rounds, "\(Double(count) / Double(rounds)) allocations a request")
    }

    /// - Returns: how many stages admitted.
    private func admit(_ request: RequestHead, _ route: Route) throws -> Int {
        let exchange = Exchange(
            id: ExchangeID(1),
            request: request,
            client: client,
            route: route,
            logger: logger,
            eventLoop: loop
        )
        for index in route.stages.indices {
            let decision = try route.stages[index].admit(exchange)
            if case .now(.next) = decision { continue }
            guard case .now(.forward(let target)) = decision, target === upstream else { return index }
            return exchange.unresolvedRejection == nil ? index + 1 : index
        }
        return 0
    }
}
