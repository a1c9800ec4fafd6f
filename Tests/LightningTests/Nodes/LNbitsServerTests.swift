import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Against LNbits itself: what the fake of it says is what LNbits says.
@Suite(
    .enabled(
        if: LNbitsServer.isExpected,
        "SLUICE_LNBITS_PYTHON is not set: it should be the path of a python that has lnbits 1.6.2"
    ),
    .timeLimit(.minutes(10))
)
struct LNbitsServerTests {
    /// One process for all of it: its start takes longer than most of this.
    @Test func `LNbits keeps the promises of a backend, and tells strangers the preimages of what is paid`()
        async throws
    {
        try await LNbitsServer.with { server in
            let backend = LNbits(server.settings())
            try await backend.start()
            let result: Result<[String], any Error>
            do {
                let invoice = try await backend.makeInvoice(
                    for: Amount(millisatoshis: 10_000),
                    memo: "ナンセンス 1杯",
                    expiresIn: .seconds(600)
                )
                #expect(try Bolt11Invoice(decoding: invoice.bolt11).memo == "ナンセンス 1杯")
                try await LightningConformance(of: backend, pay: { try await server.pay($0.bolt11) }).run()
                result = .success(await backend.findings())
            } catch {
                result = .failure(error)
            }
            await backend.stop()
            let findings = try result.get()
            #expect(findings.count == 1)
            #expect(findings.first?.hasPrefix("LNbits tells preimages to strangers") == true)
        }
    }
}
