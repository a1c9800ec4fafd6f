import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import Logging
import NIOCore
import NIOEmbedded
import Standard
import Stores
import Testing

/// Requests of one address that nobody pays for. `SLUICE_FLOOD=100000` for the long run.
struct InvoiceFloodTests {
    private static let requests =
        ProcessInfo.processInfo.environment["SLUICE_FLOOD"].flatMap { Int($0) } ?? 5_000
    private static let most = 100

    private let node = ExampleNode()
    private let budget = InvoiceBudget(InvoiceLimits(perClient: Self.most))
    private let loop = NIOAsyncTestingEventLoop()

    private func stage(_ store: any Store) -> PriceStage {
        PriceStage(
            StaticPricer(Amount(millisatoshis: 10_000)),
            expiry: .seconds(600),
            invoices: InvoiceMaker(
                lightning: node,
                store: store,
                time: ManualTime().source,
                budget: budget
            )
        )
    }

    /// What so many requests are answered that come at once.
    private func statuses(
        of count: Int,
        at stage: PriceStage,
        _ request: RequestHead = .example()
    ) async throws -> [Int?] {
        let answers = try await loop.executeInContext {
            try (0..<count).map { _ in
                let exchange = Exchange.example(
                    request,
                    route: Route(name: "daily", service: "quotes", stages: []),
                    eventLoop: loop
                )
                exchange.schemes = [ExampleScheme()]
                return try stage.admit(exchange).map { $0.reply?.status.code }.future(on: loop)
            }
        }
        var statuses = [Int?]()
        for answer in answers { statuses.append(try await answer.get()) }
        return statuses
    }

    @Test func `unpaid requests of one address leave as many invoices and rows as the budget has`() async throws {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = SQLiteStore(path: folder + "/sluice.db", logger: logger)
        try await store.start()
        let stage = stage(store)
        for _ in 0..<Self.requests / Self.most {
            let answered = try await statuses(of: Self.most, at: stage)
            #expect(answered.allSatisfy { $0 == 402 })
        }
        #expect(node.requests.count == Self.most)
        #expect(budget.openCount == Self.most)
        let quotes = try await store.books.chains().first { $0.name == LedgerChain.quotes }
        #expect(quotes?.end == Int64(Self.most))
        await store.stop()
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func `a page is not given an invoice again, and says when to come back`() async throws {
        let stage = stage(NotingStore())
        let page = RequestHead.example(fields: [("Accept", "text/html")])
        _ = try await statuses(of: Self.most, at: stage, page)
        let late = try await statuses(of: 2, at: stage, page)
        #expect(late == [429, 429])
        #expect(node.requests.count == Self.most)
    }
}
