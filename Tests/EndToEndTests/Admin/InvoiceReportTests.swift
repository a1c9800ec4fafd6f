import Foundation
import GatewayKit
import GatewayTesting
import NIOCore
import NIOHTTP1
import Testing
import sluice

/// `/invoices` and `/metrics` of the operator's listener.
@Suite(.timeLimit(.minutes(1)))
struct InvoiceReportTests {
    private struct Report: Decodable {
        struct Service: Decodable {
            struct Delay: Decodable {
                let upToSeconds: Int?
                let count: Int
            }

            let service: String
            let issued: Int
            let settled: Int
            let expired: Int
            let receivedMillisatoshis: Int
            let delays: [Delay]
        }

        let open: Int
        let mostOpen: Int
        let refused: [String: Int]
        let wrong: [String: Int]
        let services: [Service]
    }

    private static let listen = "127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }\ninvoices: { open: 50 }"

    private static func report(_ gateway: TestGateway) async throws -> Report {
        let port = try #require(gateway.running.addresses.last?.port)
        let answer = try await gateway.request("/invoices", at: "http://127.0.0.1:\(port)")
        return try JSONDecoder().decode(Report.self, from: Data(answer.body.utf8))
    }

    @Test func `what was issued, settled and expired is counted by service, and how long payments took`() async throws {
        let time = ManualTime()
        try await TestGateway.with(listen: Self.listen, time: time.source) { gateway in
            _ = try await gateway.request("/quotes")
            _ = try await gateway.buy("/quotes")
            // The settlement is told soon.
            var report = try await Self.report(gateway)
            while report.services.first?.settled == 0 { report = try await Self.report(gateway) }
            #expect(report.open == 1)
            #expect(report.mostOpen == 50)
            #expect(report.wrong.values.allSatisfy { $0 == 0 })
            time.advance(by: .seconds(3_610))
            report = try await Self.report(gateway)
            let quotes = try #require(report.services.first)
            #expect(report.open == 0)
            #expect(quotes.service == "quotes")
            #expect(quotes.issued == 2)
            #expect(quotes.settled == 1)
            #expect(quotes.expired == 1)
            #expect(quotes.receivedMillisatoshis == 10_000)
            #expect(quotes.delays.first?.count == 1)
            #expect(quotes.delays.last?.count == 1)
            #expect(quotes.delays.last?.upToSeconds == nil)
        }
    }

    @Test func `Prometheus reads the same at /metrics`() async throws {
        try await TestGateway.with(listen: Self.listen) { gateway in
            _ = try await gateway.request("/quotes")
            let port = try #require(gateway.running.addresses.last?.port)
            let answer = try await gateway.request("/metrics", at: "http://127.0.0.1:\(port)")
            #expect(answer.headers["content-type"] == ["text/plain; version=0.0.4; charset=utf-8"])
            let lines = answer.body.split(separator: "\n")
            for line in [
                "sluice_invoices_open 1", "sluice_invoices_open_limit 50",
                "# TYPE sluice_invoices_issued_total counter", #"sluice_invoices_issued_total{service="quotes"} 1"#,
                #"sluice_invoices_settled_total{service="quotes"} 0"#,
                #"sluice_invoices_refused_total{bound="full"} 0"#,
                #"sluice_settlement_delay_seconds_bucket{service="quotes",le="+Inf"} 0"#,
                #"sluice_settlement_delay_seconds_count{service="quotes"} 0"#,
            ] {
                #expect(lines.contains { $0 == line }, "\(line)")
            }
        }
    }

    @Test func `sales wait while as many invoices are open as may be`() async throws {
        let listen = Self.listen.replacing("open: 50", with: "open: 1")
        try await TestGateway.with(listen: listen) { gateway in
            expectStatus(402, try await gateway.request("/quotes"))
            let full = try await gateway.request("/quotes")
            expectStatus(503, full)
            #expect(full.headers["retry-after"] == ["30"])
            let report = try await Self.report(gateway)
            #expect(report.refused == ["busy": 0, "client": 0, "full": 1])
        }
    }
}
