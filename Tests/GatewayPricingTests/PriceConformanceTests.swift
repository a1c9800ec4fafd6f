import GRPCCore
import GatewayKit
import GatewayPricing
import GatewayRPC
import NIOCore
import Testing

/// The look at price servers: a good one passes, and of a wrong one the right lines fail.
@Suite(.timeLimit(.minutes(5)))
struct PriceConformanceTests {
    private func report(of service: any RegistrableRPCService) async throws -> ConformanceReport {
        let server = try await RPCServer.start(
            at: ListenerSettings(host: "127.0.0.1", port: 0),
            services: [service]
        )
        let port = server.address?.port ?? 0
        return try await ServiceClient.with(
            port: port,
            { client in try await PriceConformance(client, sample: SampleRequest()).report() },
            after: { await server.stop(within: .zero) }
        )
    }

    private func reports(of faults: [WrongPrices.Fault]) async throws -> [ConformanceReport] {
        var reports = [ConformanceReport]()
        for fault in faults { reports.append(try await report(of: WrongPrices(fault))) }
        return reports
    }

    @Test(arguments: BookPlace.tested)
    func `the price server of the project does all of it`(place: BookPlace) async throws {
        try await place.withStore { store in
            let report = try await PriceHost.with(store: store) { client in
                let sample = SampleRequest(path: "/v1/chat/completions", body: #"{"model":"large"}"#, service: "models")
                return try await PriceConformance(client, sample: sample).report()
            }
            #expect(report.findings.allSatisfy { $0.outcome == .holds }, "\(report.text)")
            #expect(report.findings.count == 25, "\(report.text)")
        }
    }

    @Test func `a server that keeps to the rules passes`() async throws {
        let report = try await report(of: WrongPrices(.none))
        #expect(report.broken == [], "\(report.text)")
    }

    @Test func `a server with prices alone passes, and it is said what is not there`() async throws {
        let report = try await report(of: WrongPrices(.hasPricesAlone))
        #expect(report.isGood)
        let absent = report.findings.filter { $0.outcome == .absent }.map(\.method)
        #expect(absent == ["ChallengeMinted, AuthorizeRequest, ReportUsage", "QuoteSession, SettleSession"])
    }

    @Test func `of a server that does something wrong, that line fails`() async throws {
        let cases: [(WrongPrices.Fault, [String])] = [
            (.negativePrice, ["GetPrice says what a request costs"]),
            (.failsAtOddRequests, ["GetPrice prices or refuses what is no request"]),
            (.sellsOnlyOnce, ["ChallengeMinted takes the same twice"]),
            (.letsNobodyIn, ["AuthorizeRequest lets a request through whose bundle was sold"]),
            (.letsEverybodyIn, ["AuthorizeRequest refuses a token that nobody has bought"]),
            (.keepsReservations, ["ReportUsage gives back what was reserved for requests that failed"]),
            (.crashesAtStrangers, ["ReportUsage takes or refuses a report of a token that nobody has bought"]),
            (.debitsBelowZero, ["ReportUsage takes the report of a request that failed"]),
            (
                .pricesBelowZeroAtTheEnd,
                [
                    "AuthorizeRequest decides about many requests at the same time",
                    "AuthorizeRequest refuses a token that nobody has bought",
                    "AuthorizeRequest refuses when a bundle is spent, and says what the next one costs",
                ]
            ),
            (.sharesBundles, ["AuthorizeRequest keeps the bundle of one token apart from that of another"]),
            (.hasNoChallengeMinted, ["ChallengeMinted, AuthorizeRequest, ReportUsage are there together"]),
            (.asksForSmallDeposits, ["QuoteSession asks for a deposit that covers a request"]),
            (.takesMoreForFailures, ["SettleSession takes no more for a request that failed than was paid"]),
            (.hasNoQuotes, ["QuoteSession, SettleSession are there together"]),
        ]
        // Hundreds of calls each: two at a time, as there are cores.
        let faults = cases.map { $0.0 }
        let half = faults.count / 2
        async let first = reports(of: Array(faults[..<half]))
        async let second = reports(of: Array(faults[half...]))
        let found = try await first + second
        #expect(found.count == cases.count)
        for ((fault, broken), report) in zip(cases, found) {
            if fault == .sharesBundles {
                #expect(report.broken.contains(broken[0]), "\(report.text)")
            } else {
                #expect(report.broken == broken, "\(report.text)")
            }
        }
    }

    @Test func `a rule that is broken is told with what was expected and what came`() async throws {
        let report = try await report(of: WrongPrices(.asksForSmallDeposits))
        let lines = report.text.split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("FAIL") })
        #expect(
            lines[start...start + 2] == [
                "FAIL    QuoteSession asks for a deposit that covers a request",
                "        expected: 0, or 7 satoshis or more", "        came: 6 satoshis",
            ]
        )
        #expect(lines.last?.contains("1 broken") == true)
    }

    @Test func `a server that is not there is no finding`() async throws {
        await #expect(throws: ServiceFailure.self) {
            try await ServiceClient.with(
                port: 1,
                { client in try await PriceConformance(client, sample: SampleRequest()).report() },
                after: {}
            )
        }
    }
}
