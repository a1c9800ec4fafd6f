import CAllocationCount
import Crypto
import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import L402
import Logging
import NIOCore
import NIOEmbedded
import Standard
import Testing

/// What a paid request costs in memory, exactly: a number that grows is a regression that a review must explain.
@Suite(.serialized) struct `Allocations of a paid request` {
    private let loop = EmbeddedEventLoop()
    private let data: String
    private let time = ManualTime()
    private let client = Client(address: IPAddress("192.0.2.1"))
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let services: Services
    private let upstream = Upstream(name: "echo", host: "127.0.0.1", port: 1)

    init() {
        data = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        var registry = Registry()
        registry.add(L402Scheme.self)
        registry.add(ServiceVerifier.self)
        registry.add(ExpiryVerifier.self)
        registry.add(PathCaveat.self)
        registry.add(MethodCaveat.self)
        registry.add(StaticPricer.self)
        services = .example(
            registry: registry,
            time: time.source,
            dataFolder: data,
            upstreams: ["echo": upstream]
        )
    }

    private func stage<Made: StagePlugin>(_ type: Made.Type, _ settings: Any) throws -> Made {
        let example = ExampleSettings(settings)
        let made = example.make(word: type.word) { try Made(from: &$0, services) }
        #expect(example.messages == [])
        return try #require(made)
    }

    /// A token as the gateway itself sells it, with its preimage.
    private func token() throws -> L402Token {
        let preimage = Preimage(.random())
        let hash = try #require(Bytes32(SHA256.hash(data: preimage.bytes.array)))
        let invoice = Invoice(
            bolt11: "lnbcrt1example",
            paymentHash: PaymentHash(hash),
            amount: Amount(millisatoshis: 10_000),
            expiresAt: time.now.advanced(by: .seconds(3_600))
        )
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(3_600)) { .now(invoice) }
        let settings = ExampleSettings(["valid-for": "30d"])
        let scheme = try #require(settings.make { L402Scheme(from: &$0, services) })
        let challenge = try #require(try scheme.challenge(for: quote, in: .example(eventLoop: loop)).immediate)
        return try #require(L402Challenge.challenges(in: challenge.lines).first).paid(with: preimage)
    }

    @Test(.enabled(if: sluice_allocation_count() >= 0, "sanitizers bring their own allocator"))
    func `six synchronous stages admit a paid request with two allocations in a debug build`() throws {
        defer { try? FileManager.default.removeItem(atPath: data) }
        let stages: [any Stage] = [
            try stage(AuthStage.self, ["use": "l402", "valid-for": "30d"]),
            try stage(CaveatsStage.self, ["service", "expires", "path", "method"]),
            try stage(RateLimitStage.self, ["limit": "1000000/s"]),
            try stage(HeadersStage.self, ["request": ["remove": ["X-Secret"]]]),
            try stage(PriceStage.self, "10 sat"),
            try stage(ForwardStage.self, "echo"),
        ]
        let route = Route(name: "example", stages: stages)
        let request = RequestHead.example(
            .get,
            "/v1/quotes",
            fields: [("Accept", "*/*"), ("Authorization", try token().authorization), ("User-Agent", "test")]
        )
        // The first request verifies and remembers the credential, and makes the client's bucket.
        for _ in 0..<3 {
            #expect(try admit(request, route) == stages.count)
        }
        let rounds = 100
        let before = sluice_allocation_count()
        var admitted = 0
        for _ in 0..<rounds {
            admitted &+= try admit(request, route)
        }
        let count = sluice_allocation_count() - before
        #expect(admitted == rounds * stages.count)
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
