import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// The same promises for every node that is asked over HTTP.
@Suite(.timeLimit(.minutes(1)))
struct NodeConformanceTests {
    private func run(_ check: LightningConformance.Check, on node: some FakeNode) async throws {
        try await node.serve { backend, _ in
            try await LightningConformance(
                of: backend,
                foreignInvoice: { try node.others.make($0, memo: "refund", seconds: 600).invoice.bolt11 },
                pay: { try node.books.pay($0.paymentHash) }
            ).run(check)
        }
    }

    @Test(arguments: LightningConformance.Check.allCases)
    func `Core Lightning keeps the promises of a backend`(_ check: LightningConformance.Check) async throws {
        try await run(check, on: FakeCoreLightning())
    }

    @Test(arguments: LightningConformance.Check.allCases)
    func `phoenixd keeps the promises of a backend`(_ check: LightningConformance.Check) async throws {
        try await run(check, on: FakePhoenixd())
    }

    @Test(arguments: LightningConformance.Check.allCases)
    func `LNbits keeps the promises of a backend`(_ check: LightningConformance.Check) async throws {
        try await run(check, on: FakeLNbits())
    }

    @Test func `what each can do is what its keys allow`() throws {
        let settings = NodeSettings(address: try #require(NodeAddress(parsing: "http://127.0.0.1:1")))
        let narrow = Base64.url.encoded([UInt8](repeating: 7, count: 32) + Array("=0&method=invoice".utf8))
        #expect(CoreLightning(settings, rune: Secret(narrow)).capabilities == [.subscribe])
        let free = Secret(FakeCoreLightning.freeRune)
        #expect(CoreLightning(settings, rune: free).capabilities == [.subscribe, .refund])
        #expect(Phoenixd(PhoenixdSettings(node: settings, password: Secret("x"))).capabilities == [.subscribe])
        #expect(LNbits(LNbitsSettings(node: settings, key: Secret("x"))).capabilities == [.subscribe])
    }

    @Test func `who can learn preimages without paying is told`() throws {
        let settings = NodeSettings(address: try #require(NodeAddress(parsing: "http://127.0.0.1:1")))
        #expect(CoreLightning(settings, rune: Secret("x")).preimageExposure == .nobody)
        #expect(Phoenixd(PhoenixdSettings(node: settings, password: Secret("x"))).preimageExposure == .keyHolders)
        #expect(LNbits(LNbitsSettings(node: settings, key: Secret("x"))).preimageExposure == .anybody)
    }
}
