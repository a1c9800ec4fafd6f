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

/// Requests that nobody pays for. `SLUICE_FLOOD=100000` for the long run; `bench --only flood` measures a whole gateway.
struct InvoiceFloodTests {
    private static let requests =
        ProcessInfo.processInfo.environment["SLUICE_FLOOD"].flatMap { Int($0) } ?? 5_000
    private static let most = 100

    private let node = ExampleNode()
    private let budget = InvoiceBudget(InvoiceLimits(perClient: Self.most))
    private let loop = NIOAsyncTestingEventLoop()
    private let log = LoggedLevels()

    private func stage(
        _ store: any Store,
        sat: UInt64 = 10,
        sharing budget: InvoiceBudget? = nil
    ) -> PriceStage {
        PriceStage(
            StaticPricer(Amount(millisatoshis: sat * 1_000)),
            expiry: .seconds(600),
            invoices: InvoiceMaker(
                lightning: node,
                store: store,
                time: ManualTime().source,
                budget: budget ?? self.budget
            )
        )
    }

    private struct Asked: Sendable {
        let stage: PriceStage
        var request = RequestHead.example()
        var address = IPAddress("192.0.2.1")
        var route = "daily"
    }

    /// What requests are answered that come at once.
    private func statuses(of asked: [Asked]) async throws -> [Int?] {
        let logger = log.logger
        let answers = try await loop.executeInContext {
            try asked.map { asked in
                let exchange = Exchange(
                    id: ExchangeID(1),
                    request: asked.request,
                    client: Client(address: asked.address),
                    route: Route(name: asked.route, service: "quotes", stages: []),
                    logger: logger,
                    eventLoop: loop
                )
                exchange.schemes = [ExampleScheme()]
                return try asked.stage.admit(exchange).map { $0.reply?.status.code }.future(on: loop)
            }
        }
        var statuses = [Int?]()
        for answer in answers { statuses.append(try await answer.get()) }
        return statuses
    }

    /// Of one address, for the same.
    private func statuses(
        of count: Int,
        at stage: PriceStage,
        _ request: RequestHead = .example()
    ) async throws -> [Int?] {
        try await statuses(of: Array(repeating: Asked(stage: stage, request: request), count: count))
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

    @Test func `one address has as many invoices as the budget has, whatever it asks for`() async throws {
        let store = NotingStore()
        let page = RequestHead.example(fields: [("Accept", "text/html")])
        let stages = (1...250).map { stage(store, sat: $0) }
        var answered = [Int?]()
        for start in stride(from: 0, to: 1_000, by: Self.most) {
            let asked = (start..<start + Self.most).map { number in
                Asked(
                    stage: stages[number % stages.count],
                    request: number % 7 == 0 ? page : .example(.get, "/?number=\(number)"),
                    route: "route\(number % 3)"
                )
            }
            answered += try await statuses(of: asked)
        }
        #expect(node.requests.count == Self.most)
        #expect(store.noted.count == Self.most)
        #expect(budget.openCount == Self.most)
        #expect(Set(answered) == [402, 429])
    }

    @Test func `any number of addresses have as many invoices together as may be open`() async throws {
        let store = NotingStore()
        let budget = InvoiceBudget(InvoiceLimits(open: 300))
        let stage = stage(store, sharing: budget)
        var answered = [Int?]()
        for block in 0..<10 {
            let asked = (0..<100).map { Asked(stage: stage, address: IPAddress("10.0.\(block).\($0)")) }
            answered += try await statuses(of: asked)
        }
        #expect(node.requests.count == 300)
        #expect(store.noted.count == 300)
        #expect(budget.openCount == 300)
        #expect(answered.count(where: { $0 == 402 }) == 300)
        #expect(answered.count(where: { $0 == 503 }) == 700)
        // Nor does what is written of them grow.
        #expect(log.all == [.warning])
    }
}
