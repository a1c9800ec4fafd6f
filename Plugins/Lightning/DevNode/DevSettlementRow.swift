internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A settlement as the store keeps it, under a key that sorts by its index.
struct DevSettlementRow: Codable {
    static let prefix = "dev/settled/"

    private let paymentHash: String
    private let amount: UInt64
    private let settledAt: Int64
    private let index: UInt64

    static func key(of settlement: Settlement) -> String {
        let index = String(settlement.cursor.position)
        return prefix + String(repeating: "0", count: max(0, 20 - index.count)) + index
    }

    static func encoded(_ settlement: Settlement) throws -> [UInt8] {
        let row = DevSettlementRow(
            paymentHash: settlement.payment.description,
            amount: settlement.amount.millisatoshis,
            settledAt: settlement.settledAt.milliseconds,
            index: settlement.cursor.position
        )
        return Array(try JSONEncoder().encode(row))
    }

    /// `nil` when the bytes are not what `encoded` made.
    static func decoded(_ bytes: [UInt8]) -> Settlement? {
        guard let row = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
            let hash = Bytes32(hex: row.paymentHash)
        else { return nil }
        return Settlement(
            payment: PaymentHash(hash),
            amount: Amount(millisatoshis: row.amount),
            settledAt: WallTime(milliseconds: row.settledAt),
            cursor: SettlementCursor(position: row.index)
        )
    }
}
