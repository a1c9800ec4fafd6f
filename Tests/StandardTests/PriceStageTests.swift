import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import NIOEmbedded
import Standard
import Testing

struct PriceStageTests {
    private let node = ExampleNode()
    private let store = NotingStore()
    private let tenSatoshis = Amount(millisatoshis: 10_000)

    private func stage(
        _ pricer: (any Pricer)? = nil,
        lightning: (any LightningBackend)? = nil,
        most: Int = 256
    ) -> PriceStage {
        PriceStage(
            pricer ?? StaticPricer(tenSatoshis),
            expiry: .seconds(600),
            invoices: InvoiceMaker(
                lightning: lightning ?? node,
                store: store,
                time: ManualTime().source,
                budget: InvoiceBudget(InvoiceLimits(atOnce: most))
            )
        )
    }

    /// The answer to a request without a credential.
    private func reply(
        of stage: PriceStage,
        schemes: [any AuthScheme] = [ExampleScheme()],
        rejection: Rejection? = nil
    ) async throws -> Reply? {
        try await answered { loop in
            let exchange = Exchange.example(route: Route(name: "daily", service: "quotes", stages: []), eventLoop: loop)
            exchange.schemes = schemes
            exchange.rejection = rejection
            return try stage.admit(exchange)
        }.reply
    }

    // MARK: Paid and free

    @Test func `a paid request passes with the node and the pricer down`() throws {
        struct Down: Pricer {
            func price(of exchange: Exchange) throws -> Eventually<Amount> { throw StoreFailure("down") }
        }
        let exchange = Exchange.paid(.example("limit=1"))
        exchange.caveatsHold = true
        #expect(try stage(Down(), lightning: RefusingLightning()).decision(about: exchange)?.isNext == true)
    }

    @Test func `a credential without caveats needs nobody to check them`() throws {
        #expect(try stage().decision(about: .paid(.example()))?.isNext == true)
    }

    @Test func `a credential whose caveats nobody has checked pays for nothing`() async throws {
        let stage = stage()
        let reply = try await answered { loop in
            let exchange = Exchange.example(eventLoop: loop)
            exchange.schemes = [ExampleScheme()]
            exchange.credential = .example("limit=1")
            return try stage.admit(exchange)
        }.reply
        #expect(reply?.status.code == 402)
        #expect(reply?.problem?.members.map(\.value) == ["unknown-caveat"])
    }

    @Test func `a free request passes and nothing was refused`() throws {
        let exchange = Exchange.example()
        exchange.rejection = Rejection(.expired, "late")
        #expect(try stage(StaticPricer(.zero)).decision(about: exchange)?.isNext == true)
        #expect(exchange.rejection == nil)
        #expect(exchange.unresolvedRejection == nil)
    }

    @Test func `a credential that nobody has checked does not outlive a free request`() throws {
        let exchange = Exchange.paid(.example("limit=1"))
        #expect(try stage(StaticPricer(.zero)).decision(about: exchange)?.isNext == true)
        #expect(exchange.credential == nil)
        #expect(exchange.unresolvedRejection == nil)
    }

    @Test func `a price in shadow leaves no conversion for the one that counts`() throws {
        let price = try #require(Price(parsing: "0.02 USD"))
        let exchange = Exchange.example()
        let shadowed = ShadowedStage(stage(StaticPricer(price, by: ExampleRates(["100000 USD"]))))
        #expect(try shadowed.decision(about: exchange)?.isNext == true)
        #expect(exchange.shadowRefusals.map(\.word) == ["price"])
        #expect(exchange[Conversion.self] == nil)
    }

    // MARK: 402

    @Test func `what is not paid for is asked for`() async throws {
        let reply = try #require(try await reply(of: stage()))
        #expect(reply.status.code == 402)
        #expect(reply.status.reasonPhrase == "Payment Required")
        #expect(reply.fields.values(of: .cacheControl) == ["no-store"])
        #expect(
            reply.problem
                == .payment("payment-required", title: "Payment Required", detail: "'quotes' costs 10 sat")
        )
    }

    @Test func `schemes that need a while are asked in order and share one invoice`() async throws {
        let schemes = [ExampleScheme(name: "B"), ExampleScheme(name: "A"), ExampleScheme(name: "C")]
        let reply = try await reply(of: stage(), schemes: schemes)
        #expect(
            reply?.fields.values(of: .wwwAuthenticate)
                == ["B invoice=\"lnbcrt1\"", "A invoice=\"lnbcrt1\"", "C invoice=\"lnbcrt1\""]
        )
        #expect(node.requests.count == 1)
    }

    @Test func `the lines of schemes that answer at once and later keep their order`() async throws {
        struct Fixed: AuthScheme {
            static func conceal(in exchange: Exchange) {}
            func credential(in exchange: Exchange) throws -> Eventually<Credential?> { .now(nil) }
            func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge> {
                .now(Challenge(lines: ["Fixed 1", "Fixed 2"]))
            }
            func challenge(in exchange: Exchange) -> Challenge { Challenge(lines: []) }
        }
        let reply = try await reply(of: stage(), schemes: [Fixed(), ExampleScheme(), Fixed()])
        #expect(
            reply?.fields.values(of: .wwwAuthenticate)
                == ["Fixed 1", "Fixed 2", "Example invoice=\"lnbcrt1\"", "Fixed 1", "Fixed 2"]
        )
    }

    @Test func `the node is asked for the price, the service and the expiry`() async throws {
        _ = try await reply(of: stage())
        #expect(
            node.requests
                == [.init(amount: tenSatoshis, memo: "quotes (0000000000000001)", expiresIn: .seconds(600))]
        )
    }

    @Test func `an invoice is noted before it is given out`() async throws {
        _ = try await reply(of: stage())
        let noted = try #require(store.noted.first)
        #expect(noted.invoice.bolt11 == "lnbcrt1")
        #expect(noted.service == "quotes")
        #expect(noted.route == "daily")
        #expect(noted.issuedAt == ManualTime().now)
        #expect(noted.state == .open)
    }

    @Test(arguments: [
        (Rejection.Reason.malformed, "malformed-credential"), (.signature, "verification-failed"),
        (.preimage, "verification-failed"), (.expired, "payment-expired"), (.service, "invalid-credential"),
        (.unknownCaveat, "invalid-credential"), (.widened, "invalid-credential"), (.caveat, "invalid-credential"),
        (.revoked, "invalid-credential"),
    ])
    func `a rejected credential gets a fresh offer that says why`(_ reason: Rejection.Reason, _ code: String)
        async throws
    {
        let reply = try #require(try await reply(of: stage(), rejection: Rejection(reason, "because")))
        #expect(reply.status.code == 402)
        #expect(reply.fields.contains(.wwwAuthenticate))
        #expect(reply.problem?.type == "https://paymentauth.org/problems/\(code)")
        #expect(reply.problem?.detail == "because")
        #expect(reply.problem?.members == [.init("reason", reason.rawValue)])
    }

    @Test func `a price that comes later is asked for as well`() async throws {
        struct Late: Pricer {
            func price(of exchange: Exchange) throws -> Eventually<Amount> {
                exchange.later { Amount(millisatoshis: 1_500) }
            }
        }
        #expect(try await reply(of: stage(Late()))?.problem?.detail == "'quotes' costs 1500 msat")
    }

    @Test func `a pricer that fails lets nothing through`() async {
        struct Late: Pricer {
            func price(of exchange: Exchange) throws -> Eventually<Amount> {
                exchange.later { throw StoreFailure("down") }
            }
        }
        await #expect(throws: StoreFailure.self) { try await reply(of: stage(Late())) }
    }

    // MARK: No offer

    private func expectUnavailable(_ reply: Reply?, retryAfter: String = "5") throws {
        let reply = try #require(reply)
        #expect(reply.status.code == 503)
        #expect(reply.fields.values(of: .retryAfter) == [retryAfter])
        #expect(!reply.fields.contains(.wwwAuthenticate))
        #expect(reply.problem?.detail == "payments cannot be taken right now; please try again later")
    }

    @Test func `without the node nothing is sold and the reason stays inside`() async throws {
        try expectUnavailable(try await reply(of: stage(lightning: RefusingLightning())))
        #expect(store.noted.isEmpty)
    }

    @Test func `an invoice for less than the price is not given out`() async throws {
        let cheap = ExampleNode { Amount(millisatoshis: $0.millisatoshis - 1) }
        try expectUnavailable(try await reply(of: stage(lightning: cheap)))
        #expect(store.noted.isEmpty)
    }

    @Test func `an invoice that is rounded up is given out`() async throws {
        let rounding = ExampleNode { Amount(millisatoshis: $0.satoshisRoundedUp * 1_000) }
        let pricer = StaticPricer(Amount(millisatoshis: 9_001))
        #expect(try await reply(of: stage(pricer, lightning: rounding))?.status.code == 402)
    }

    @Test func `an invoice for more than rounding makes of the price is not given out`() async throws {
        let dear = ExampleNode { Amount(millisatoshis: $0.millisatoshis + 1) }
        try expectUnavailable(try await reply(of: stage(lightning: dear)))
        #expect(store.noted.isEmpty)
    }

    @Test func `a scheme that fails at once leaves no half of an offer`() async throws {
        let broken = ExampleScheme(failure: StoreFailure("down"))
        try expectUnavailable(try await reply(of: stage(), schemes: [ExampleScheme(), broken]))
        try expectUnavailable(try await reply(of: stage(), schemes: [broken, ExampleScheme()]))
    }

    @Test func `a reply of a scheme is sent as it is`() async throws {
        let own = ExampleScheme(failure: Reply(.forbidden))
        await #expect(throws: Reply.self) { try await reply(of: stage(), schemes: [own]) }
        await #expect(throws: Reply.self) { try await reply(of: stage(), schemes: [ExampleScheme(), own]) }
    }

    @Test func `a route without a scheme cannot sell`() async throws {
        #expect(try await reply(of: stage(), schemes: [])?.status.code == 500)
        #expect(node.requests.isEmpty)
    }

    @Test func `more invoices at once than there may be are not asked for`() async throws {
        let gate = Gate()
        let slow = ExampleNode(gate: gate)
        let stage = stage(lightning: slow, most: 1)
        let loop = NIOAsyncTestingEventLoop()
        let answers = try await loop.executeInContext {
            try (0..<2).map { _ in
                let exchange = Exchange.example(eventLoop: loop)
                exchange.schemes = [ExampleScheme()]
                return try stage.admit(exchange).future(on: loop)
            }
        }
        try expectUnavailable(try await answers[1].get().reply, retryAfter: "1")
        gate.open()
        #expect(try await answers[0].get().reply?.status.code == 402)
        #expect(try await reply(of: stage)?.status.code == 402)
        #expect(slow.requests.count == 2)
    }

    @Test func `a node that fails does not use up the invoices at once`() async throws {
        let stage = stage(lightning: RefusingLightning(), most: 1)
        for _ in 0..<3 {
            try expectUnavailable(try await reply(of: stage))
        }
    }

    @Test func `a route with the invoices of another one under way waits its turn`() async throws {
        let gate = Gate()
        let slow = ExampleNode(gate: gate)
        var services = Services.example(time: ManualTime().source, store: store, lightning: slow)
        services.invoiceBudget = InvoiceBudget(InvoiceLimits(atOnce: 1))
        let stages = try (0..<2).map { _ in
            try #require(ExampleSettings("10 sat").make { try PriceStage(from: &$0, services) })
        }
        let loop = NIOAsyncTestingEventLoop()
        let answers = try await loop.executeInContext {
            try stages.map { stage in
                let exchange = Exchange.example(eventLoop: loop)
                exchange.schemes = [ExampleScheme()]
                return try stage.admit(exchange).future(on: loop)
            }
        }
        try expectUnavailable(try await answers[1].get().reply, retryAfter: "1")
        gate.open()
        #expect(try await answers[0].get().reply?.status.code == 402)
        #expect(try await reply(of: stages[1])?.status.code == 402)
    }
}
