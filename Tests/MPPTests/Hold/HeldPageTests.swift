import GatewayKit
import GatewayTesting
import MPP
import Stores
import Testing

/// No payment is taken for nothing, and none goes back for which something was delivered.
@Suite(.timeLimit(.minutes(1)))
struct HeldPageTests {
    private let time = ManualTime()
    private let store = FaultyStore(MemoryStore())
    private let node: HoldingNode

    init() {
        node = HoldingNode(time: time)
    }

    private func page() async throws -> HeldPage { try await HeldPage(store, node, time) }

    /// Waits for what goes on beside the answer.
    private func goesBack(_ page: HeldPage) async {
        while node.progress(of: page.payment) != .ended { await Task.yield() }
    }

    @Test(arguments: [200, 204, 302, 304])
    func `an answer that is no error is paid for, once`(status: Int) async throws {
        let page = try await page()
        let visit = try await page.visit()
        #expect(node.progress(of: page.payment) == .held)
        try await visit.answer(status)
        #expect(node.progress(of: page.payment) == .settled)
        try await visit.end(.answered)
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
    }

    @Test(arguments: [404, 410, 500, 503])
    func `an error is paid back, and opens nothing any more`(status: Int) async throws {
        let page = try await page()
        try await page.visit().answer(status)
        await goesBack(page)
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
    }

    @Test func `a client that leaves before the answer has its money back`() async throws {
        let page = try await page()
        try await page.visit().end(.clientLeft)
        await goesBack(page)
    }

    @Test func `an upstream that fails is paid back`() async throws {
        let page = try await page()
        try await page.visit().end(.upstreamFailed(.closed))
        await goesBack(page)
    }

    @Test func `nothing is delivered while the node is down, and the page may come again`() async throws {
        let page = try await page()
        let visit = try await page.visit()
        node.fault = .down
        await #expect(throws: Reply.self) { try await visit.answer(200) }
        #expect(node.progress(of: page.payment) == .held)
        node.fault = nil
        try await page.visit().answer(200)
        #expect(node.progress(of: page.payment) == .settled)
    }

    @Test func `a payment that the node took without saying so buys one answer`() async throws {
        let page = try await page()
        let visit = try await page.visit()
        node.fault = .losesAnswers
        await #expect(throws: Reply.self) { try await visit.answer(200) }
        node.fault = nil
        try await page.visit().answer(200)
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
    }

    @Test(arguments: [FaultyStore.Fault.failsBefore, .comesLate])
    func `a payment that was taken and not marked buys one answer`(_ fault: FaultyStore.Fault) async throws {
        let page = try await page()
        let visit = try await page.visit()
        store.next = fault
        await #expect(throws: Reply.self) { try await visit.answer(200) }
        #expect(node.progress(of: page.payment) == .settled)
        await store.letLateWritesThrough()
        try await page.visit().answer(200)
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
    }

    @Test func `a client that leaves while its payment is taken may come again`() async throws {
        let page = try await page()
        try await page.visit().answer(200, leaves: true)
        #expect(node.progress(of: page.payment) == .settled)
        try await page.visit().answer(200)
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
    }

    @Test func `a page is not let in for a payment that went back meanwhile`() async throws {
        let page = try await page()
        try await node.cancelInvoice(page.payment)
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
    }

    @Test func `two requests of a page are not both served`() async throws {
        let page = try await page()
        let visit = try await page.visit()
        await #expect(throws: Rejection.self) { _ = try await page.visit() }
        try await visit.answer(200)
        #expect(node.progress(of: page.payment) == .settled)
    }

    @Test func `no payment is held where a body was asked for, since the page of that has no key`() throws {
        let services = Services.example(time: time.source, store: store, lightning: node)
        let settings = ExampleSettings(["charge-on": "success", "insecure": "true"])
        let made = settings.make(word: "mpp", { MPPScheme(from: &$0, services) })
        let scheme = try #require(made)
        let exchange = Exchange.example(.example(fields: [("Accept", "text/html")]))
        let isHeld = scheme.holdingDesk(for: exchange) != nil
        #expect(isHeld)
        _ = exchange.readJSON(upTo: .kibibytes(1))
        let isHeldThen = scheme.holdingDesk(for: exchange) != nil
        #expect(!isHeldThen)
    }
}
