package import GatewayKit

/// Up to where a node's settlements were noted, as the store keeps it: `17`, or `17 PAYMENT` behind a payment that was told
/// with it, by which a node is known again.
package struct SettlementPlace: Hashable, Sendable {
    package let cursor: SettlementCursor
    /// `nil` where the node was followed and has told nothing yet.
    package let payment: PaymentHash?

    package init(_ cursor: SettlementCursor) {
        self.cursor = cursor
        payment = nil
    }

    package init(_ settlement: Settlement) {
        cursor = settlement.cursor
        payment = settlement.payment
    }

    /// `nil` for anything but what `stored` gives.
    package init?(stored bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count <= 2, let position = words.first.flatMap({ UInt64($0) }) else { return nil }
        cursor = SettlementCursor(position: position)
        guard words.count == 2 else {
            payment = nil
            return
        }
        guard let hash = Bytes32(hex: words[1]) else { return nil }
        payment = PaymentHash(hash)
    }

    package var stored: [UInt8] {
        Array((payment.map { "\(cursor.position) \($0)" } ?? "\(cursor.position)").utf8)
    }

    /// False where a node had told of nothing at all, or did not say where it stood.
    package var isKnown: Bool { cursor.position > 0 && cursor != .next }
}
