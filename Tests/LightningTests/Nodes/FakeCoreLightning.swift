import Foundation
import GatewayKit
import Lightning
import NIOConcurrencyHelpers

/// clnrest before a Core Lightning (24.11), as far as the gateway asks it.
final class FakeCoreLightning: FakeNode {
    let books: FakeBooks
    let others: FakeBooks
    let faults = FakeFaults()
    let rune: String
    private let sent = NIOLockedValueBox<[PaymentHash: Amount]>([:])

    init(books: FakeBooks? = nil, rune: String = FakeCoreLightning.freeRune) throws {
        self.books = try books ?? FakeBooks()
        others = try FakeBooks()
        self.rune = rune
    }

    /// May do everything.
    static let freeRune = Base64.url.encoded([UInt8](repeating: 7, count: 32) + Array("=0".utf8))

    func backend(at port: Int, _ authorities: NodeAuthorities?) throws -> any LightningBackend {
        CoreLightning(try settings(at: port, authorities), rune: Secret(rune))
    }

    func answer(_ request: FakeHTTP.Request) async -> FakeHTTP.Reaction {
        guard request.method == "POST" else { return Self.failed(405, -32601, "Method not allowed") }
        guard request.fields["rune"] == rune else { return Self.failed(401, 1502, "Rune is not valid") }
        let json = request.json
        switch request.path {
        case "/v1/invoice": return make(json)
        case "/v1/listinvoices": return list(json)
        case "/v1/waitanyinvoice": return await wait(json)
        case "/v1/xpay": return pay(json)
        case "/v1/listpays": return pays(json)
        default: return Self.failed(404, -32601, "Unknown command")
        }
    }

    private static func failed(_ status: Int, _ code: Int, _ message: String) -> FakeHTTP.Reaction {
        .answer(status, #"{"code":\#(code),"message":"\#(message)","data":null}"#)
    }

    // MARK: Calls

    private func make(_ json: [String: Any]) -> FakeHTTP.Reaction {
        guard let amount = json["amount_msat"] as? UInt64, let memo = json["description"] as? String,
            json["label"] is String, let seconds = json["expiry"] as? Int64,
            let entry = try? books.make(Amount(millisatoshis: amount), memo: memo, seconds: seconds)
        else { return Self.failed(500, -32602, "missing required parameter") }
        let invoice = entry.invoice
        return .answer(
            201,
            """
            {"payment_hash":"\(invoice.paymentHash)","expires_at":\(invoice.expiresAt.seconds),"bolt11":"\(invoice.bolt11)",\
            "payment_secret":"\(Bytes32.random().hex)","created_index":1,"warning_capacity":"no channels"}
            """
        )
    }

    private static func text(of entry: FakeBooks.Entry) -> String {
        var text = """
            "label":"x","bolt11":"\(entry.invoice.bolt11)","payment_hash":"\(entry.invoice.paymentHash)",\
            "amount_msat":\(entry.invoice.amount.millisatoshis),"description":"tea",\
            "expires_at":\(entry.invoice.expiresAt.seconds),"created_index":1
            """
        if let paidAt = entry.paidAt, let index = entry.payIndex {
            text += """
                ,"status":"paid","pay_index":\(index),"amount_received_msat":\(entry.invoice.amount.millisatoshis),\
                "paid_at":\(paidAt / 1_000_000),"payment_preimage":"\(entry.preimage.bytes.hex)"
                """
        } else {
            text += #","status":"unpaid""#
        }
        return "{\(text)}"
    }

    private static func payment(_ json: [String: Any]) -> PaymentHash? {
        (json["payment_hash"] as? String).flatMap { Bytes32(hex: $0) }.map { PaymentHash($0) }
    }

    private func list(_ json: [String: Any]) -> FakeHTTP.Reaction {
        let entry = Self.payment(json).flatMap { books.entry($0) }
        return .answer(201, #"{"invoices":[\#(entry.map(Self.text) ?? "")]}"#)
    }

    private func wait(_ json: [String: Any]) async -> FakeHTTP.Reaction {
        let index = json["lastpay_index"] as? UInt64 ?? 0
        if let entry = books.firstPaid(after: index) { return .answer(201, Self.text(of: entry)) }
        guard json["timeout"] as? Int != 0 else { return Self.failed(500, 904, "The given timeout was reached") }
        return .answer(201, Self.text(of: await books.next(after: index)))
    }

    private func pay(_ json: [String: Any]) -> FakeHTTP.Reaction {
        guard let text = json["invstring"] as? String, let invoice = try? Bolt11Invoice(decoding: text),
            let fee = json["maxfee"] as? UInt64, let entry = try? others.pay(invoice.paymentHash)
        else { return Self.failed(500, 205, "We could not find a usable route") }
        let amount = entry.invoice.amount.millisatoshis
        let spent = amount + min(fee, 1_000)
        sent.withLockedValue { $0[invoice.paymentHash] = Amount(millisatoshis: spent) }
        return .answer(
            201,
            """
            {"payment_preimage":"\(entry.preimage.bytes.hex)","amount_msat":\(amount),"amount_sent_msat":\(spent),\
            "failed_parts":0,"successful_parts":1}
            """
        )
    }

    private func pays(_ json: [String: Any]) -> FakeHTTP.Reaction {
        guard let payment = Self.payment(json), let spent = sent.withLockedValue({ $0[payment] }),
            let entry = others.entry(payment)
        else { return .answer(201, #"{"pays":[]}"#) }
        return .answer(
            201,
            """
            {"pays":[{"payment_hash":"\(payment)","status":"complete","created_at":1,"created_index":1,\
            "preimage":"\(entry.preimage.bytes.hex)","amount_msat":\(entry.invoice.amount.millisatoshis),\
            "amount_sent_msat":\(spent.millisatoshis)}]}
            """
        )
    }
}
