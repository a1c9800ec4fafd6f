import GatewayKit
import GatewayTesting
import HTTPTypes
import Standard
import Stores
import Testing

struct MeteredPriceTests {
    private static let payment = PaymentHash(.zero)
    private static let bundle = MeterBundle(capacity: Amount(millisatoshis: 10_000))

    private static func bundled(_ reserved: UInt64, cost: UInt64) -> ScriptedMeter {
        ScriptedMeter(
            verdict: { _ in .allowed(MeterGrant(reserved: reserved, bundle: bundle, note: [7])) },
            cost: { _ in .amount(Amount(millisatoshis: cost)) }
        )
    }

    @Test func `a request is reported with what was seen of its response`() async throws {
        let route = MeteredRoute()
        #expect(try await route.run() == nil)
        await route.desk.quiesce()
        let report = try #require(route.meter.reports.first)
        #expect(route.meter.reports.count == 1)
        #expect(report.response.status == 200)
        #expect(report.response.contentType == "text/plain")
        #expect(report.response.isComplete)
        #expect(report.response.byteCount == 11)
        #expect(report.response.tail == Array("hello world".utf8))
        #expect(report.reservation.service == "r")
        #expect(report.reservation.path == "/")
        let left = try await route.left()
        #expect(left.isEmpty)
    }

    @Test func `a bundle has spent what requests have cost`() async throws {
        let route = MeteredRoute(Self.bundled(4_000, cost: 3_000))
        for _ in 0..<2 { _ = try await route.run() }
        await route.desk.quiesce()
        let balance = try await route.store.meters.balance(of: Self.payment)
        #expect(balance == MeterBalance(capacity: Self.bundle.capacity, spent: Amount(millisatoshis: 6_000)))
    }

    @Test func `who comes back at the end of a response finds it settled`() async throws {
        let route = MeteredRoute(Self.bundled(10_000, cost: 1_000))
        for _ in 0..<10 {
            let reply = try await route.run()
            #expect(reply == nil)
        }
        let reply = try await route.run()
        #expect(reply?.status.code == 402)
    }

    @Test func `a bundle that is spent is refused with an offer of the next one`() async throws {
        let route = MeteredRoute(Self.bundled(4_000, cost: 10_000))
        _ = try await route.run()
        let reply = try #require(try await route.run())
        #expect(reply.status.code == 402)
        #expect(reply.fields.values(of: .wwwAuthenticate) == ["Example invoice=\"lnbcrt1\""])
        #expect(reply.problem?.type == "https://paymentauth.org/problems/payment-insufficient")
        await route.desk.quiesce()
        #expect(route.meter.reports.count == 1)
    }

    @Test func `a meter that says no names the price of the next bundle`() async throws {
        let route = MeteredRoute(
            ScriptedMeter(verdict: { _ in .exhausted(price: Amount(millisatoshis: 77_000), reason: "another model") })
        )
        let reply = try await route.run()
        #expect(reply?.status.code == 402)
        #expect(reply?.problem?.detail == "the bundle does not cover the request: another model")
    }

    @Test func `what others are using is not sold again`() async throws {
        let route = MeteredRoute(Self.bundled(10_000, cost: 1_000))
        let other = MeterReservation(
            meter: "scripted",
            account: MeterAccount(form: .token, id: .zero, payment: Self.payment),
            reserved: 10_000,
            service: "r",
            path: "/",
            madeAt: route.time.now
        )
        _ = try await route.desk.reserve(other, from: Self.bundle)
        let reply = try await route.run()
        #expect(reply?.status == .tooManyRequests)
        #expect(reply?.fields[.retryAfter] == "1")
    }

    @Test(
        arguments: [
            // The upstream's status, the gateway's, the end; what is reported.
            (nil, 502, Outcome.End.upstreamFailed(.unreachable)), (nil, nil, .clientLeft), (nil, nil, .drained),
            (nil, 403, .replied), (200, 500, .replied),
        ] as [(Int?, Int?, Outcome.End)]
    )
    func `a request that nobody served is reported as that`(_ head: Int?, _ reply: Int?, _ end: Outcome.End)
        async throws
    {
        let route = MeteredRoute()
        let course = MeteredRoute.Course(
            head: head.map { .init(code: $0) },
            parts: [],
            reply: reply.map { .init(code: $0) },
            end: end
        )
        _ = try await route.run(course)
        await route.desk.quiesce()
        #expect(route.meter.reports.map(\.response) == [MeteredUsage.Response()])
    }

    @Test(arguments: [Outcome.End.clientLeft, .drained, .cut, .upstreamFailed(.closed), .upstreamFailed(.timeout)])
    func `a response that broke off is reported as incomplete`(_ end: Outcome.End) async throws {
        let route = MeteredRoute()
        _ = try await route.run(MeteredRoute.Course(end: end))
        await route.desk.quiesce()
        #expect(route.meter.reports.map(\.response.isComplete) == [false])
        #expect(route.meter.reports.map(\.response.byteCount) == [11])
    }

    @Test(arguments: [("0", 200), ("8", 500)])
    func `a refusal of gRPC is no success`(_ code: String, _ status: Int) async throws {
        let route = MeteredRoute()
        let fields: [(FieldName, String)] = [(.contentType, "application/grpc"), (.grpcStatus, code)]
        _ = try await route.run(MeteredRoute.Course(parts: [], fields: fields))
        await route.desk.quiesce()
        #expect(route.meter.reports.map(\.response.status) == [status])
    }

    @Test func `a meter that does not answer refuses and reserves nothing`() async throws {
        let route = MeteredRoute(ScriptedMeter(verdict: { _ in throw StoreFailure("down") }))
        let reply = try await route.run()
        #expect(reply?.status == .serviceUnavailable)
        let left = try await route.left()
        #expect(left.isEmpty)
    }

    @Test func `a store that does not answer refuses, and frees what the meter has reserved itself`() async throws {
        let route = MeteredRoute(store: RefusingStore())
        let reply = try await route.run()
        #expect(reply?.status == .serviceUnavailable)
        await route.desk.quiesce()
        #expect(route.meter.reports.map(\.response) == [MeteredUsage.Response()])
    }

    @Test func `a store that does not answer refuses, and a meter that reserves nothing hears nothing of it`()
        async throws
    {
        let route = MeteredRoute(Self.bundled(4_000, cost: 3_000), store: RefusingStore())
        let reply = try await route.run()
        #expect(reply?.status == .serviceUnavailable)
        await route.desk.quiesce()
        #expect(route.meter.reports.isEmpty)
    }

    @Test(arguments: [true, false])
    func `a WebSocket is refused, since nobody could tell what it uses, and sold nothing`(_ isPaid: Bool)
        async throws
    {
        let route = MeteredRoute()
        let reply = try await answered { loop in
            let plain = RequestHead.example()
            let request = RequestHead(
                method: plain.method,
                version: plain.version,
                authorityBytes: plain.authorityBytes,
                pathBytes: plain.pathBytes,
                queryBytes: plain.queryBytes,
                fields: plain.fields,
                body: plain.body,
                opensWebSocket: true
            )
            let exchange = Exchange.example(request, eventLoop: loop)
            exchange.schemes = [ExampleScheme()]
            if isPaid {
                exchange.credential = .example()
                exchange.recogniser = ExampleScheme()
            }
            return try route.stage.admit(exchange)
        }.reply
        #expect(reply?.status == .badRequest)
    }

    @Test func `an upstream is asked for what can be read`() async throws {
        let route = MeteredRoute()
        let added = try await answered { loop in
            let request = RequestHead.example(fields: [("Accept-Encoding", "gzip, br")])
            let exchange = Exchange.example(request, eventLoop: loop)
            exchange.credential = .example()
            exchange.recogniser = ExampleScheme()
            return try route.stage.admit(exchange).map { _ in
                exchange.edits.added.map { "\($0.name.text): \($0.value)" }
            }
        }
        #expect(added == ["accept-encoding: identity"])
    }
}
