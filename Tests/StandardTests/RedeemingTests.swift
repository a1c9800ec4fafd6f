import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Standard
import Testing

/// What `price` does with a credential whose payment is to be taken.
struct RedeemingTests {
    /// A scheme whose payments are taken as a test says.
    private struct Redeeming: AuthScheme {
        var isLate = false
        var redeemed: @Sendable () throws -> Decision

        static func conceal(in exchange: Exchange) {}
        func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }
        func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: []) }
        func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
            .now(Challenge(lines: ["Fresh"], members: [.init("challengeId", "fresh")]))
        }
        func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> {
            isLate ? exchange.later { [redeemed] in try redeemed() } : .now(try redeemed())
        }
    }

    private struct Last: Stage {
        let upstream: Upstream?
        func admit(_ exchange: Exchange) -> Eventually<Decision> { .now(.next) }
    }

    /// The decision, and whether the exchange may be forwarded after it.
    private func decision(
        _ scheme: Redeeming,
        upstream: Upstream? = nil,
        price: Amount = Amount(millisatoshis: 10_000)
    ) async throws -> (decision: Decision, isForwardable: Bool) {
        let forwardable = NIOLockedValueBox(false)
        let decision = try await answered { loop in
            let exchange = Exchange.example(
                route: Route(name: "example", stages: [Last(upstream: upstream)]),
                eventLoop: loop
            )
            exchange.schemes = [scheme]
            exchange.recogniser = scheme
            exchange.credential = Credential(
                scheme: "example",
                id: CredentialID(.zero),
                payment: PaymentHash(.zero),
                caveats: [],
                redemption: .every
            )
            #expect(exchange.unresolvedRejection != nil)
            let stage = PriceStage(
                StaticPricer(price),
                invoices: InvoiceMaker(
                    lightning: RefusingLightning(),
                    store: RefusingStore(),
                    time: ManualTime().source,
                    budget: InvoiceBudget()
                )
            )
            return try stage.admit(exchange).map { decision in
                forwardable.withLockedValue { $0 = exchange.unresolvedRejection == nil }
                return decision
            }
        }
        return (decision, forwardable.withLockedValue { $0 })
    }

    @Test(arguments: [false, true]) func `a payment that is taken lets its request through`(isLate: Bool) async throws {
        let (decision, isForwardable) = try await decision(Redeeming(isLate: isLate) { .next })
        #expect(decision.isNext)
        #expect(isForwardable)
    }

    @Test(arguments: [false, true]) func `one that was used is answered with a fresh offer`(isLate: Bool) async throws {
        let rejection = Rejection(
            .used,
            status: HTTPResponse.Status(code: 402),
            Problem(title: "Used", detail: "used", members: [.init("challengeId", "old")])
        )
        let (decision, isForwardable) = try await decision(Redeeming(isLate: isLate) { throw rejection })
        let reply = try #require(decision.reply)
        #expect(reply.status.code == 402)
        #expect(reply.fields.values(of: .wwwAuthenticate) == ["Fresh"])
        #expect(reply.problem?.members == [.init("challengeId", "old"), .init("reason", "used")])
        #expect(!isForwardable)
    }

    @Test func `a rejection that paying would not mend is answered without an offer`() async throws {
        let rejection = Rejection(.malformed, status: .unprocessableContent, Problem(title: "No", detail: "no"))
        let reply = try #require(try await decision(Redeeming { throw rejection }).decision.reply)
        #expect(reply.status.code == 422)
        #expect(!reply.fields.contains(.wwwAuthenticate))
    }

    @Test(arguments: [false, true]) func `a store that does not answer refuses, and nothing is forwarded`(isLate: Bool)
        async throws
    {
        let (decision, isForwardable) = try await decision(Redeeming(isLate: isLate) { throw StoreFailure("down") })
        let reply = try #require(decision.reply)
        #expect(reply.status.code == 503)
        #expect(reply.fields.contains(.retryAfter))
        #expect(!reply.fields.contains(.wwwAuthenticate))
        #expect(reply.problem?.detail.contains("down") == false)
        #expect(!isForwardable)
    }

    @Test func `the scheme may answer itself`() async throws {
        let reply = try await decision(Redeeming { .reply(.text("closed")) }).decision.reply
        #expect(reply?.status.code == 200)
    }

    @Test func `nothing is taken while the upstream is down`() async throws {
        let upstream = Upstream(name: "echo", host: "127.0.0.1", port: 1)
        upstream.checkedStates[0].isHealthy = false
        let reply = try await decision(
            Redeeming {
                Issue.record("the payment was taken")
                return .next
            },
            upstream: upstream
        ).decision.reply
        #expect(reply?.status.code == 503)
        #expect(reply?.fields.contains(.retryAfter) == true)
        upstream.checkedStates[0].isHealthy = true
        #expect(try await decision(Redeeming { .next }, upstream: upstream).decision.isNext)
    }
}
