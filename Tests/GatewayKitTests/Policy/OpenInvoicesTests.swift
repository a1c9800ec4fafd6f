import GatewayKit
import GatewayTesting
import Testing

struct OpenInvoicesTests {
    private let time = ManualTime()
    private let life = Duration.seconds(365 * 86_400)
    private let buyer = InvoiceBudget.Buyer(
        address: IPAddress("192.0.2.1"),
        service: "quotes",
        route: "daily",
        amount: Amount(millisatoshis: 10_000)
    )

    private func invoice() -> Invoice {
        Invoice(
            bolt11: "lnbcrt1",
            paymentHash: PaymentHash(.random()),
            amount: buyer.amount,
            expiresAt: time.now.advanced(by: life)
        )
    }

    @Test func `nothing is kept until its end of what is paid before`() {
        var open = OpenInvoices()
        for _ in 0..<10 {
            let invoice = invoice()
            open.add(invoice, of: buyer)
            open.remove(invoice.paymentHash)
        }
        #expect(open.count == 0)
        #expect(open.endCount == 0)
    }

    @Test func `expiries go on where the clock is set back`() {
        var open = OpenInvoices()
        _ = open.sweep(at: time.now.advanced(by: life * 2))
        open.add(invoice(), of: buyer)
        _ = open.sweep(at: time.now)
        let ended = open.sweep(at: time.now.advanced(by: life + .seconds(8)))
        #expect(ended == ["quotes": 1])
    }
}
