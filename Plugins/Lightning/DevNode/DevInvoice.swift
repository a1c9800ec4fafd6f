internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An invoice that the development node made. Whether it is paid stands in the ledger.
struct DevInvoice: Hashable, Sendable {
    let invoice: Invoice
    /// `nil` while only its hash is known: then a payment is held until somebody gives the preimage.
    var preimage: Preimage?
    let paymentSecret: Bytes32
    let memo: String
    let createdAt: WallTime
    /// From 1 since the process began, in the order in which they were made.
    let addIndex: UInt64
    /// Nobody can pay it any more.
    var isCancelled = false

    /// The invoice and its payment as the store keeps them.
    func encoded(settlement: Settlement?) throws -> [UInt8] {
        let row = Row(
            preimage: preimage?.bytes.hex ?? "",
            paymentHash: invoice.paymentHash.description,
            paymentSecret: paymentSecret.hex,
            bolt11: invoice.bolt11,
            amount: invoice.amount.millisatoshis,
            memo: memo,
            created: createdAt.milliseconds,
            expires: invoice.expiresAt.milliseconds,
            addIndex: addIndex,
            settled: settlement?.settledAt.milliseconds,
            settleIndex: settlement?.cursor.position,
            cancelled: isCancelled ? true : nil
        )
        return Array(try JSONEncoder().encode(row))
    }

    /// - Throws: when the bytes are not what `encoded` made.
    init(stored bytes: [UInt8]) throws {
        guard let row = try? JSONDecoder().decode(Row.self, from: Data(bytes)),
            let hash = Bytes32(hex: row.paymentHash), let secret = Bytes32(hex: row.paymentSecret)
        else {
            throw LightningFailure(.malformed, "the store holds an invoice that the development node cannot read")
        }
        let preimage = Bytes32(hex: row.preimage)
        guard row.preimage.isEmpty || preimage != nil else {
            throw LightningFailure(.malformed, "the store holds an invoice that the development node cannot read")
        }
        self.init(
            invoice: Invoice(
                bolt11: row.bolt11,
                paymentHash: PaymentHash(hash),
                amount: Amount(millisatoshis: row.amount),
                expiresAt: WallTime(milliseconds: row.expires)
            ),
            preimage: preimage.map { Preimage($0) },
            paymentSecret: secret,
            memo: row.memo,
            createdAt: WallTime(milliseconds: row.created),
            addIndex: row.addIndex
        )
        isCancelled = row.cancelled ?? false
    }

    init(
        invoice: Invoice,
        preimage: Preimage?,
        paymentSecret: Bytes32,
        memo: String,
        createdAt: WallTime,
        addIndex: UInt64
    ) {
        self.invoice = invoice
        self.preimage = preimage
        self.paymentSecret = paymentSecret
        self.memo = memo
        self.createdAt = createdAt
        self.addIndex = addIndex
    }

    /// Times in milliseconds since 1970, the amount in millisatoshi; the preimage is empty where it is not known.
    private struct Row: Codable {
        let preimage: String
        let paymentHash: String
        let paymentSecret: String
        let bolt11: String
        let amount: UInt64
        let memo: String
        let created: Int64
        let expires: Int64
        let addIndex: UInt64
        let settled: Int64?
        let settleIndex: UInt64?
        let cancelled: Bool?
    }
}
