import Foundation
import GatewayKit
import Lightning
import SwiftProtobuf
import Testing

/// What is made of messages that a node, or somebody in its place, may send: whatever they hold, it returns.
struct LndAnswerTests {
    private static let preimage = Bytes32(Array(repeating: UInt8(7), count: 32)) ?? .zero
    private static let payment = PaymentHash(sha256(preimage) ?? .zero)

    private static let invoice = Lnrpc_Invoice.with {
        $0.memo = "tea"
        $0.rHash = Data(payment.bytes.array)
        $0.settleDate = 1_700_000_000
        $0.paymentRequest = "lnbcrt1"
        $0.addIndex = 3
        $0.settleIndex = 2
        $0.amtPaidMsat = 1_500
        $0.state = .settled
        $0.valueMsat = 1_000
    }

    private static let paid = Lnrpc_Payment.with {
        $0.paymentHash = payment.description
        $0.paymentPreimage = preimage.hex
        $0.valueMsat = 1_000
        $0.status = .succeeded
        $0.feeMsat = 10
    }

    /// Each prefix of some bytes, and each of them with a bit that is another.
    private static func variants(of bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.map { Array(bytes.prefix($0)) }
            + bytes.indices.flatMap { index in
                (0..<8).map { bit in
                    var flipped = bytes
                    flipped[index] ^= 1 << bit
                    return flipped
                }
            }
    }

    @Test func `an invoice is read as it is`() throws {
        #expect(try LndNode.state(of: Self.invoice, asked: Self.payment) == .settled)
        #expect(
            LndNode.settlement(of: Self.invoice)
                == Settlement(
                    payment: Self.payment,
                    amount: Amount(millisatoshis: 1_500),
                    settledAt: WallTime(seconds: 1_700_000_000),
                    cursor: SettlementCursor(position: 2)
                )
        )
    }

    @Test func `a payment is read as it is`() throws {
        let state = try LndNode.state(of: Self.paid, payment: Self.payment)
        let payment = Payment(
            preimage: Preimage(Self.preimage),
            amount: Amount(millisatoshis: 1_000),
            fee: Amount(millisatoshis: 10)
        )
        #expect(state == .paid(payment))
    }

    @Test func `no damaged invoice is settled for another payment, or for nothing`() throws {
        let whole: [UInt8] = try Self.invoice.serializedBytes()
        for bytes in Self.variants(of: whole) {
            guard let invoice = try? Lnrpc_Invoice(serializedBytes: bytes) else { continue }
            if (try? LndNode.state(of: invoice, asked: Self.payment)) == .settled {
                #expect(Bytes32(invoice.rHash) == Self.payment.bytes)
                #expect(invoice.amtPaidMsat >= invoice.valueMsat)
            }
            if let settlement = LndNode.settlement(of: invoice) { #expect(settlement.amount > .zero) }
        }
    }

    @Test func `no damaged payment is paid with another preimage`() throws {
        let whole: [UInt8] = try Self.paid.serializedBytes()
        for bytes in Self.variants(of: whole) {
            guard let update = try? Lnrpc_Payment(serializedBytes: bytes),
                let state = try? LndNode.state(of: update, payment: Self.payment)
            else { continue }
            if case .paid(let payment) = state { #expect(payment.preimage.bytes == Self.preimage) }
        }
    }

    @Test(arguments: [Int64.min, -1, 0])
    func `an amount that is none is no settlement`(_ paid: Int64) {
        var invoice = Self.invoice
        invoice.amtPaidMsat = paid
        #expect(LndNode.settlement(of: invoice) == nil)
    }

    @Test(arguments: [Int64.min, Int64.max])
    func `a time that is none is no trap`(_ seconds: Int64) {
        var invoice = Self.invoice
        invoice.settleDate = seconds
        #expect(LndNode.settlement(of: invoice)?.payment == Self.payment)
    }
}
