import GatewayKit
import GatewayTesting
import NIOCore
import NIOEmbedded
import Testing

struct QuoteTests {
    private let invoice = Invoice(
        bolt11: "lnbc1",
        paymentHash: PaymentHash(.zero),
        amount: Amount(millisatoshis: 1),
        expiresAt: WallTime(seconds: 1)
    )

    @Test func `an invoice is made once, however many ask`() {
        var made = 0
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(60)) { _ in
            made += 1
            return .now(invoice)
        }
        #expect(made == 0, "nobody asked yet")
        #expect(quote.invoice().immediate == invoice)
        #expect(quote.invoice().immediate == invoice)
        #expect(made == 1)
    }

    @Test func `an invoice to come is asked for once`() throws {
        let promise = EmbeddedEventLoop().makePromise(of: Invoice.self)
        var made = 0
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(60)) { _ in
            made += 1
            return .later(promise.futureResult)
        }
        var found = [Invoice?]()
        for _ in 0..<2 {
            quote.invoice().whenComplete { found.append(try? $0.get()) }
        }
        promise.succeed(invoice)
        #expect(found == [invoice, invoice])
        #expect(made == 1)
    }

    @Test func `other amounts have invoices of their own`() {
        var made = [Amount]()
        let quote = Quote(amount: invoice.amount, expiresIn: .seconds(60)) { amount in
            made.append(amount)
            return .now(invoice)
        }
        let other = Amount(millisatoshis: 20)
        for _ in 0..<2 { _ = quote.invoice(for: other) }
        #expect(quote.offered?.immediate == nil, "nobody asked for the price")
        _ = quote.invoice()
        _ = quote.invoice(for: invoice.amount)
        #expect(made == [other, invoice.amount])
    }
}
