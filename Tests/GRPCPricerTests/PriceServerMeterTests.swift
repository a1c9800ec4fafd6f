import GRPCCore
import GRPCPricer
import GatewayKit
import GatewayRPC
import GatewayTesting
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a price server is told where it keeps the balances.
struct PriceServerMeterTests {
    private let counts = PriceCounts()

    /// Answers what it is told to, and keeps what it was told.
    private final class Source: UsageSource {
        struct State {
            var authorised: Result<Pricesrpc_AuthorizeRequestResponse, ServiceFailure> = .success(.init())
            var settled: Result<Int64, ServiceFailure> = .success(0)
            var quoted: Result<Pricesrpc_QuoteSessionResponse, ServiceFailure> = .success(.init())
            var failure: ServiceFailure?
            var booked: [PricedOffer] = []
            var reports: [Pricesrpc_ReportUsageRequest] = []
        }

        let state = NIOLockedValueBox(State())

        func book(_ offer: PricedOffer) throws(ServiceFailure) {
            if let failure = state.withLockedValue({ $0.failure }) { throw failure }
            state.withLockedValue { $0.booked.append(offer) }
        }

        func authorise(
            _ request: Pricesrpc_AuthorizeRequestRequest
        ) throws(ServiceFailure) -> Pricesrpc_AuthorizeRequestResponse {
            try state.withLockedValue { $0.authorised }.get()
        }

        func report(_ usage: Pricesrpc_ReportUsageRequest) throws(ServiceFailure) {
            if let failure = state.withLockedValue({ $0.failure }) { throw failure }
            state.withLockedValue { $0.reports.append(usage) }
        }

        func quote(
            _ request: Pricesrpc_QuoteSessionRequest
        ) throws(ServiceFailure) -> Pricesrpc_QuoteSessionResponse {
            try state.withLockedValue { $0.quoted }.get()
        }

        func settle(_ usage: Pricesrpc_SettleSessionRequest) throws(ServiceFailure) -> Int64 {
            try state.withLockedValue { $0.settled }.get()
        }
    }

    private let source = Source()

    private var meter: PriceServerMeter {
        PriceServerMeter(
            of: "completions",
            source,
            limit: PriceLimit(),
            body: .usual,
            counts: counts,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func account(_ form: MeterAccount.Form, taken: Amount = .zero) -> MeterAccount {
        MeterAccount(form: form, id: .random(), payment: PaymentHash(.random()), taken: taken)
    }

    private func usage(_ account: MeterAccount, status: Int? = 200) -> MeteredUsage {
        var response = MeteredUsage.Response()
        response.status = status
        response.contentType = "application/json"
        response.contentEncoding = "identity"
        response.isComplete = true
        response.tail = Array(#"{"usage":{}}"#.utf8)
        let reservation = MeterReservation(
            meter: meter.name,
            account: account,
            reserved: 4_096,
            note: Array("POST / HTTP/1.1\r\n\r\n".utf8),
            service: "inference",
            path: "/v1/a%20b",
            madeAt: WallTime(seconds: 0)
        )
        return MeteredUsage(reservation, response)
    }

    /// As the stage does: on the event loop.
    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) throws -> Eventually<Value>
    ) async throws -> Value {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        return try await loop.flatSubmit {
            do {
                return try body(Exchange.example(eventLoop: loop)).future(on: loop)
            } catch {
                return loop.makeFailedFuture(error)
            }
        }.get()
    }

    @Test func `a report says what came of a request`() async throws {
        let account = account(.token)
        #expect(try await meter.cost(of: usage(account)) == .booked)
        let report = try #require(source.state.withLockedValue { $0.reports.first })
        #expect(report.tokenID == account.id.hex)
        #expect(report.path == "/v1/a b")
        #expect(report.serviceName == "inference")
        #expect(report.httpStatus == 200)
        #expect(report.contentType == "application/json")
        #expect(report.contentEncoding == "identity")
        #expect(report.complete)
        #expect(report.responseTail == Data(#"{"usage":{}}"#.utf8))
        #expect(report.reservedEstimate == 4_096)
    }

    @Test func `where the upstream gave nothing the report says 502`() {
        #expect(PriceServerMeter.report(of: usage(account(.charge), status: nil)).httpStatus == 502)
    }

    @Test(arguments: [ServiceFailure.Reason.unavailable, .timedOut, .refused(.resourceExhausted)])
    func `a report that is not taken now is made again`(_ reason: ServiceFailure.Reason) async {
        source.state.withLockedValue { $0.failure = ServiceFailure(reason, of: "a") }
        await #expect(throws: ServiceFailure.self) { try await meter.cost(of: usage(account(.token))) }
    }

    @Test(arguments: [RPCError.Code.unimplemented, .notFound, .invalidArgument])
    func `a report that is never taken is lost, and counted`(_ code: RPCError.Code) async throws {
        source.state.withLockedValue { $0.failure = ServiceFailure(.refused(code), of: "a") }
        #expect(try await meter.cost(of: usage(account(.token))) == .booked)
        #expect(counts[.usageLost] == 1)
    }

    @Test func `a session is settled for what the server says, or for what was taken`() async throws {
        let session = account(.session, taken: Amount(millisatoshis: 9_000))
        let settlement = PriceServerMeter.settlement(of: usage(session))
        #expect(settlement.estimateSats == 9)
        #expect(settlement.httpRequestText == "POST / HTTP/1.1\r\n\r\n")
        let costs: [(Result<Int64, ServiceFailure>, UInt64)] = [
            (.success(7), 7_000), (.success(0), 0), (.success(-1), 9_000),
            (.failure(ServiceFailure(.refused(.unimplemented), of: "a")), 9_000),
        ]
        for (answer, cost) in costs {
            source.state.withLockedValue { $0.settled = answer }
            #expect(try await meter.cost(of: usage(session)) == .amount(Amount(millisatoshis: cost)))
        }
        source.state.withLockedValue { $0.settled = .failure(ServiceFailure(.refused(.unimplemented), of: "a")) }
        #expect(try await meter.cost(of: usage(session, status: nil)) == .amount(.zero))
        source.state.withLockedValue { $0.settled = .failure(ServiceFailure(.unavailable, of: "a")) }
        await #expect(throws: ServiceFailure.self) { try await meter.cost(of: usage(session)) }
    }

    @Test func `a server allows, or says what the next bundle costs`() async throws {
        let (meter, account) = (meter, account(.token))
        var answer = Pricesrpc_AuthorizeRequestResponse()
        answer.allowed = true
        answer.reservedEstimate = 4_096
        source.state.withLockedValue { [answer] in $0.authorised = .success(answer) }
        guard case .allowed(let grant) = try await onLoop({ try meter.admit(account, in: $0) }) else {
            Issue.record("it is not allowed")
            return
        }
        #expect(grant.reserved == 4_096)
        answer = Pricesrpc_AuthorizeRequestResponse()
        answer.priceSats = 21
        answer.reason = "nothing is left"
        source.state.withLockedValue { [answer] in $0.authorised = .success(answer) }
        guard case .exhausted(let price, let reason) = try await onLoop({ try meter.admit(account, in: $0) }) else {
            Issue.record("it is allowed")
            return
        }
        #expect(price == .satoshis(21))
        #expect(reason == "nothing is left")
    }

    @Test func `where the server does not decide nobody is served`() async {
        let (meter, account) = (meter, account(.token))
        source.state.withLockedValue { $0.authorised = .failure(ServiceFailure(.unavailable, of: "a")) }
        await #expect(throws: Reply.self) { _ = try await onLoop { try meter.admit(account, in: $0) } }
        var answer = Pricesrpc_AuthorizeRequestResponse()
        answer.priceSats = -1
        source.state.withLockedValue { [answer] in $0.authorised = .success(answer) }
        await #expect(throws: Reply.self) { _ = try await onLoop { try meter.admit(account, in: $0) } }
    }

    @Test func `who has something left that is reserved waits, and is not to buy more`() async throws {
        let (meter, account) = (meter, account(.token))
        let failure = ServiceFailure(.refused(.resourceExhausted), of: "a")
        source.state.withLockedValue { $0.authorised = .failure(failure) }
        let reply = await #expect(throws: Reply.self) { _ = try await onLoop { try meter.admit(account, in: $0) } }
        #expect(reply?.status == .tooManyRequests)
    }

    @Test func `each offer but that of a session is booked before it goes out`() async throws {
        let (meter, accounts) = (meter, [account(.token), account(.charge), account(.session)])
        let price = Amount(millisatoshis: 20_000)
        try await onLoop { try meter.offered(accounts, for: price, in: $0) }
        let booked = source.state.withLockedValue { $0.booked }
        #expect(booked.map(\.token) == accounts.prefix(2).map(\.id))
        #expect(booked.map(\.amount) == [price, price])
        source.state.withLockedValue { $0.failure = ServiceFailure(.unavailable, of: "a") }
        await #expect(throws: ServiceFailure.self) {
            try await onLoop { try meter.offered(accounts, for: price, in: $0) }
        }
    }

    @Test func `a session is offered for what the server quotes, and otherwise for the price`() async throws {
        let meter = meter
        var answer = Pricesrpc_QuoteSessionResponse()
        answer.unitPriceSats = 3
        answer.depositSats = 60
        source.state.withLockedValue { [answer] in $0.quoted = .success(answer) }
        let offer = try await onLoop { try meter.sessionOffer(in: $0) }
        #expect(offer == SessionOffer(unit: Amount(millisatoshis: 3_000), deposit: Amount(millisatoshis: 60_000)))
        for satoshis in [0, -1] as [Int64] {
            answer.unitPriceSats = satoshis
            source.state.withLockedValue { [answer] in $0.quoted = .success(answer) }
            let none = try await onLoop { try meter.sessionOffer(in: $0) }
            #expect(none == nil)
        }
    }
}
