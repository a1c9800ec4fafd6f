import Foundation
import GatewayKit
import GatewayTesting
import Lightning
import Testing

/// Each prefix and each flipped byte of what nodes answer: nothing traps, and nothing but what was said comes out of it.
struct NodeAnswerTests {
    private let preimage = Preimage(.random())
    private var payment: PaymentHash { PaymentHash(sha256(preimage.bytes) ?? .zero) }
    private let reader = InvoiceReader(network: .regtest)

    /// What each part and each variant of an answer is read as.
    private func variants<Meaning>(of text: String, status: UInt = 200, _ read: (NodeAnswer) throws -> Meaning)
        -> [Meaning]
    {
        let bytes = Array(text.utf8)
        var texts = (0..<bytes.count).map { Array(bytes[..<$0]) }
        for index in bytes.indices {
            for bit in [1, 0x20, 0x80] as [UInt8] {
                var variant = bytes
                variant[index] ^= bit
                texts.append(variant)
            }
        }
        return texts.compactMap { try? read(NodeAnswer(status: status, bytes: $0)) }
    }

    // MARK: Core Lightning

    private var clnInvoice: String {
        """
        {"invoices":[{"payment_hash":"\(payment)","status":"paid","pay_index":7,"amount_received_msat":10000,\
        "paid_at":1738000000,"payment_preimage":"\(preimage.bytes.hex)"}]}
        """
    }

    @Test func `an invoice of Core Lightning is settled, and no part of that is about another`() throws {
        let answers = CoreLightningAnswers()
        let whole = NodeAnswer(status: 201, bytes: Array(clnInvoice.utf8))
        #expect(try answers.state(of: payment, in: whole) == .settled)
        _ = variants(of: clnInvoice) { try answers.state(of: payment, in: $0) }
    }

    @Test func `a settlement of Core Lightning has its number and its amount`() throws {
        let answers = CoreLightningAnswers()
        let text = String(clnInvoice.dropFirst(#"{"invoices":["#.count).dropLast(2))
        let whole = NodeAnswer(status: 201, bytes: Array(text.utf8))
        let settlement = try #require(try answers.settlement(after: 6, in: whole))
        #expect(settlement.cursor == SettlementCursor(position: 7))
        #expect(settlement.amount == Amount(millisatoshis: 10_000))
        #expect(settlement.settledAt == WallTime(seconds: 1_738_000_000))
        #expect(throws: LightningFailure.self) { _ = try answers.settlement(after: 7, in: whole) }
        let read = variants(of: text) { try answers.settlement(after: 6, in: $0) }.compactMap(\.self)
        #expect(read.allSatisfy { $0.cursor.position > 6 })
    }

    @Test func `amounts of older versions are read`() throws {
        let invoice = clnInvoice.dropFirst(#"{"invoices":["#.count).dropLast(2)
        let text = invoice.replacing(":10000,", with: #":"10000msat","#)
        let answer = NodeAnswer(status: 201, bytes: Array(text.utf8))
        #expect(try CoreLightningAnswers().settlement(after: 0, in: answer)?.amount == Amount(millisatoshis: 10_000))
    }

    @Test func `that nothing was paid in time is no failure`() throws {
        let text = #"{"code":904,"message":"The given timeout was reached"}"#
        let answer = NodeAnswer(status: 500, bytes: Array(text.utf8))
        #expect(try CoreLightningAnswers().settlement(after: 0, in: answer) == nil)
    }

    @Test func `a payment of Core Lightning comes with its proof, or is none`() throws {
        let answers = CoreLightningAnswers()
        let text = """
            {"pays":[{"payment_hash":"\(payment)","status":"failed"},{"payment_hash":"\(payment)","status":"complete",\
            "preimage":"\(preimage.bytes.hex)","amount_msat":10000,"amount_sent_msat":10002}]}
            """
        let paid = Payment(
            preimage: preimage,
            amount: Amount(millisatoshis: 10_000),
            fee: Amount(millisatoshis: 2)
        )
        let whole = NodeAnswer(status: 201, bytes: Array(text.utf8))
        #expect(try answers.payment(payment, in: whole) == .paid(paid))
        for state in variants(of: text, { try answers.payment(payment, in: $0) }) {
            if case .paid(let payment) = state { #expect(payment.preimage == preimage) }
        }
    }

    @Test(
        arguments: [("failed", .unpaid), ("pending", .underWay), ("a word of later versions", .underWay)]
            as [(String, PaymentState)]
    )
    func `a payment of Core Lightning is as far as it says`(_ word: String, _ state: PaymentState) throws {
        let text = #"{"pays":[{"payment_hash":"\#(payment)","status":"\#(word)"}]}"#
        let answer = NodeAnswer(status: 201, bytes: Array(text.utf8))
        #expect(try CoreLightningAnswers().payment(payment, in: answer) == state)
    }

    @Test(arguments: [401, 403] as [UInt])
    func `a rune that does not allow a call is named`(_ status: UInt) throws {
        let answer = NodeAnswer(status: status, bytes: Array(#"{"code":1502,"message":"Rune is not valid"}"#.utf8))
        let failure = #expect(throws: LightningFailure.self) {
            _ = try CoreLightningAnswers().invoice(in: answer, reader)
        }
        #expect(failure == LightningFailure(.refused, "the rune does not allow the call: Rune is not valid"))
    }

    // MARK: phoenixd

    private func phoenixd(isPaid: Bool) -> String {
        """
        {"type":"incoming_payment","paymentHash":"\(payment)","preimage":"\(preimage.bytes.hex)","isPaid":\(isPaid),\
        "isExpired":false,"requestedSat":10,"receivedSat":\(isPaid ? 9 : 0),"fees":1000,"completedAt":1738000000123}
        """
    }

    @Test func `a payment of phoenixd that shows its preimage is open all the same`() throws {
        let answers = PhoenixdAnswers()
        let open = NodeAnswer(status: 200, bytes: Array(phoenixd(isPaid: false).utf8))
        #expect(try answers.state(of: payment, in: open) == .open)
        let paid = NodeAnswer(status: 200, bytes: Array(phoenixd(isPaid: true).utf8))
        #expect(try answers.state(of: payment, in: paid) == .settled)
        _ = variants(of: phoenixd(isPaid: true)) { try answers.state(of: payment, in: $0) }
    }

    @Test func `what phoenixd has kept for a channel was paid, too`() throws {
        let answers = PhoenixdAnswers()
        let text = "[\(phoenixd(isPaid: true))]"
        let arrived = try answers.arrived(in: NodeAnswer(status: 200, bytes: Array(text.utf8)))
        #expect(arrived.map(\.amount) == [Amount(millisatoshis: 10_000)])
        #expect(arrived.map(\.arrivedAt) == [WallTime(milliseconds: 1_738_000_000_123)])
        _ = variants(of: text) { try answers.arrived(in: $0) }
    }

    @Test func `an open payment is not among those of phoenixd that have arrived`() {
        let answer = NodeAnswer(status: 200, bytes: Array("[\(phoenixd(isPaid: false))]".utf8))
        #expect(throws: LightningFailure.self) { _ = try PhoenixdAnswers().arrived(in: answer) }
    }

    @Test func `a preimage of another payment is not believed`() throws {
        let answers = PhoenixdAnswers()
        let text = """
            {"recipientAmountSat":10,"routingFeeSat":4,"paymentHash":"\(payment)","paymentPreimage":"\(preimage.bytes.hex)"}
            """
        let amount = Amount(millisatoshis: 10_000)
        for paid in variants(of: text, { try answers.paid(payment, amount, in: $0) }) {
            #expect(paid.preimage == preimage)
        }
        let other = NodeAnswer(status: 200, bytes: Array(text.utf8))
        #expect(throws: LightningFailure.self) { _ = try answers.paid(PaymentHash(.zero), amount, in: other) }
    }

    @Test func `a payment that failed is refused, with phoenixd's reason on one line`() throws {
        let text = #"{"type":"payment_failed","reason":"no\u001b[31m route\n"}"#
        let answer = NodeAnswer(status: 200, bytes: Array(text.utf8))
        let failure = #expect(throws: LightningFailure.self) {
            _ = try PhoenixdAnswers().paid(payment, .zero, in: answer)
        }
        #expect(failure == LightningFailure(.refused, "phoenixd could not pay: no[31m route"))
    }

    // MARK: LNbits

    private func lnbits(_ status: String, amount: Int = 10_000) -> String {
        """
        {"payment_hash":"\(payment)","status":"\(status)","amount":\(amount),"fee":-1000,"preimage":"\(preimage.bytes.hex)",\
        "updated_at":"2026-11-30T09:54:50.783524+00:00"}
        """
    }

    @Test func `a payment of LNbits is the wallet's, or nobody's`() throws {
        let answers = LNbitsAnswers()
        let text = #"{"paid":true,"preimage":"\#(preimage.bytes.hex)","details":\#(lnbits("success"))}"#
        #expect(try answers.state(of: payment, in: NodeAnswer(status: 200, bytes: Array(text.utf8))) == .settled)
        _ = variants(of: text) { try answers.state(of: payment, in: $0) }
        let stranger = NodeAnswer(status: 200, bytes: Array(#"{"paid":true,"preimage":null}"#.utf8))
        #expect(throws: LightningFailure.self) { _ = try answers.state(of: payment, in: stranger) }
    }

    @Test func `a payment that LNbits does not know is open, and a wallet that it does not know a failure`() throws {
        let answers = LNbitsAnswers()
        let payment = NodeAnswer(status: 404, bytes: Array(#"{"detail":"Payment does not exist."}"#.utf8))
        #expect(try answers.state(of: self.payment, in: payment) == .open)
        let wallet = NodeAnswer(status: 404, bytes: Array(#"{"detail":"Wallet not found."}"#.utf8))
        #expect(throws: LightningFailure(.refused, "LNbits answered 404: Wallet not found.")) {
            _ = try answers.state(of: self.payment, in: wallet)
        }
    }

    @Test func `what has arrived at LNbits has its time`() throws {
        let answers = LNbitsAnswers()
        let text = "[\(lnbits("success"))]"
        let arrived = try answers.arrived(in: NodeAnswer(status: 200, bytes: Array(text.utf8)))
        #expect(arrived.map(\.tick) == [1_796_032_490_783_524])
        #expect(arrived.map(\.amount) == [Amount(millisatoshis: 10_000)])
        _ = variants(of: text) { try answers.arrived(in: $0) }
        for other in [lnbits("pending"), lnbits("success", amount: -10_000)] {
            let answer = NodeAnswer(status: 200, bytes: Array("[\(other)]".utf8))
            #expect(throws: LightningFailure.self) { _ = try answers.arrived(in: answer) }
        }
    }

    @Test(arguments: [("failed", .refused), ("pending", .unavailable)] as [(String, LightningFailure.Reason)])
    func `what LNbits is not sure of may be asked for again`(_ word: String, _ reason: LightningFailure.Reason) throws {
        let answer = NodeAnswer(status: 520, bytes: Array(#"{"detail":"no","status":"\#(word)"}"#.utf8))
        let failure = #expect(throws: LightningFailure.self) { _ = try LNbitsAnswers().invoice(in: answer, reader) }
        #expect(failure?.reason == reason)
    }
}
