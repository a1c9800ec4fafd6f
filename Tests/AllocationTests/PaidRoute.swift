import Crypto
import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import L402
import NIOCore
import Standard
import Testing

/// A route that is paid for, with every kind of stage that answers at once, and a token that opens it.
final class PaidRoute {
    let route: Route
    /// The value of `Authorization`.
    let authorization: String

    private let data: String

    /// - Parameter observer: asked before the others.
    init(to upstream: Upstream, observer: (any Stage)? = nil) throws {
        data = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        let time = ManualTime()
        var registry = Registry()
        registry.add(L402Scheme.self)
        registry.add(ServiceVerifier.self)
        registry.add(ExpiryVerifier.self)
        registry.add(PathCaveat.self)
        registry.add(MethodCaveat.self)
        registry.add(StaticPricer.self)
        let services = Services.example(
            registry: registry,
            time: time.source,
            dataFolder: data,
            upstreams: [upstream.name: upstream]
        )
        let stages: [any Stage] = [
            try Self.stage(AuthStage.self, ["use": "l402", "valid-for": "30d"], services),
            try Self.stage(CaveatsStage.self, ["service", "expires", "path", "method"], services),
            try Self.stage(RateLimitStage.self, ["limit": "1000000/s"], services),
            try Self.stage(HeadersStage.self, ["request": ["remove": ["X-Secret"]]], services),
            try Self.stage(PriceStage.self, "10 sat", services),
            try Self.stage(ForwardStage.self, upstream.name, services),
        ]
        route = Route(name: "example", stages: (observer.map { [$0] } ?? []) + stages)
        authorization = try Self.token(services, at: time.now).authorization
    }

    deinit {
        try? FileManager.default.removeItem(atPath: data)
    }

    private static func stage<Made: StagePlugin>(
        _ type: Made.Type,
        _ settings: Any,
        _ services: Services
    ) throws -> Made {
        let example = ExampleSettings(settings)
        let made = example.make(word: type.word) { try Made(from: &$0, services) }
        #expect(example.messages == [])
        return try #require(made)
    }

    /// A token as the gateway itself sells it, with its preimage.
    private static func token(_ services: Services, at now: WallTime) throws -> L402Token {
        let preimage = Preimage(.random())
        let hash = try #require(Bytes32(SHA256.hash(data: preimage.bytes.array)))
        let invoice = Invoice(
            bolt11: "lnbcrt1example",
            paymentHash: PaymentHash(hash),
            amount: Amount(millisatoshis: 10_000),
            expiresAt: now.advanced(by: .seconds(3_600))
        )
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(3_600)) { _ in .now(invoice) }
        let settings = ExampleSettings(["valid-for": "30d"])
        let scheme = try #require(settings.make { L402Scheme(from: &$0, services) })
        let challenge = try #require(try scheme.challenge(for: quote, in: .example()).immediate)
        return try #require(L402Challenge.challenges(in: challenge.lines).first).paid(with: preimage)
    }
}
