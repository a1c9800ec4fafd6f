import Crypto
import GatewayKit
import Lightning
import Testing

struct NWCTransactionTests {
    private static let preimage = Bytes32(hex: String(repeating: "07", count: 32)) ?? .zero
    private static let hash = Hex.encoded(SHA256.hash(data: preimage.array))

    private static func transaction(_ members: String) throws -> NWCTransaction {
        let text =
            #"{"notification_type":"payment_received","notification":{"payment_hash":"\#(hash)","amount":10000\#(members)}}"#
        guard case .received(let transaction) = try NWCNotification(parsing: text) else {
            throw MissingTransaction()
        }
        return transaction
    }

    private struct MissingTransaction: Error {}

    @Test func `a payment that was received has its hash, its amount and its time`() throws {
        let transaction = try Self.transaction(#","type":"incoming","state":"settled","settled_at":1700000000"#)
        #expect(transaction.payment.description == Self.hash)
        #expect(transaction.amount == Amount(millisatoshis: 10_000))
        #expect(transaction.settledAt == WallTime(seconds: 1_700_000_000))
        #expect(transaction.isSettled)
        #expect(transaction.isIncoming)
    }

    @Test(
        arguments: [
            (#","state":"pending","settled_at":1700000000"#, InvoiceState.open), (#","state":"settled""#, .settled),
            (#","state":"SETTLED""#, .settled), (#","state":"accepted""#, .held), (#","state":"expired""#, .ended),
            (#","state":"failed""#, .ended), (#","settled_at":1700000000"#, .settled), (#","settled_at":0"#, .open),
            (#","settled_at":null"#, .open), ("", .open),
            (#","preimage":"\#(String(repeating: "07", count: 32))""#, .open),
        ] as [(String, InvoiceState)]
    )
    func `an invoice is settled where its state says so, or, without one, its time: a preimage says nothing`(
        _ members: String,
        state: InvoiceState
    ) throws {
        #expect(try Self.transaction(members).invoiceState == state)
    }

    @Test(
        arguments: [
            (#","state":"pending""#, PaymentState.underWay), (#","state":"failed""#, .unpaid), ("", .underWay),
            (#","state":"expired""#, .unpaid),
        ] as [(String, PaymentState)]
    )
    func `a payment that has not ended is under way`(_ members: String, state: PaymentState) throws {
        #expect(try Self.transaction(#","type":"outgoing""# + members).paymentState == state)
    }

    @Test func `what may be a payment and has not ended is not called unpaid`() throws {
        #expect(try Self.transaction(#","state":"pending""#).paymentState == .underWay)
        #expect(try Self.transaction(#","type":"incoming","state":"pending""#).paymentState == .unpaid)
    }

    @Test func `a payment that was made has its preimage and its fee`() throws {
        let transaction = try Self.transaction(
            #","type":"outgoing","state":"settled","fees_paid":12,"preimage":"\#(Self.preimage.hex)""#
        )
        let payment = Payment(
            preimage: Preimage(Self.preimage),
            amount: Amount(millisatoshis: 10_000),
            fee: Amount(millisatoshis: 12)
        )
        #expect(transaction.paymentState == .paid(payment))
    }

    @Test func `a payment with another preimage cannot be`() throws {
        let other = String(repeating: "08", count: 32)
        let transaction = try Self.transaction(#","type":"outgoing","state":"settled","preimage":"\#(other)""#)
        #expect(transaction.paymentState == nil)
    }

    @Test(arguments: ["-1", "1.5", "1e300", "9007199254740994", #""1""#, "null"])
    func `an amount is a whole number that is exact`(_ amount: String) {
        let text =
            #"{"notification_type":"payment_received","notification":{"payment_hash":"\#(Self.hash)","amount":\#(amount)}}"#
        #expect(throws: NostrFailure.self) { try NWCNotification(parsing: text) }
    }

    @Test func `other notifications are left alone`() throws {
        guard case .other = try NWCNotification(parsing: #"{"notification_type":"payment_sent","notification":{}}"#)
        else {
            Issue.record("should be another one")
            return
        }
    }

    @Test func `no prefix and no flipped byte of a notification traps`() {
        let text = #"""
            {"notification_type":"payment_received","notification":{"payment_hash":"\#(Self.hash)","amount":10000,\#
            "type":"incoming","state":"settled","settled_at":1700000000}}
            """#
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            let prefix = String(decoding: bytes[..<index], as: UTF8.self)
            #expect(throws: NostrFailure.self) { try NWCNotification(parsing: prefix) }
            var changed = bytes
            changed[index] ^= 1
            _ = try? NWCNotification(parsing: String(decoding: changed, as: UTF8.self))
        }
    }
}
