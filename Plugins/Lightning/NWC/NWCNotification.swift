internal import GatewayKit

/// What a wallet tells by itself: kind 23197, or 23196 in NIP-04, decrypted (NIP-47, "Notification Events").
package enum NWCNotification: Sendable {
    case received(NWCTransaction)
    /// Of something that a gateway does not wait for.
    case other

    package static let paymentReceived = "payment_received"

    package init(parsing text: String) throws(NostrFailure) {
        let json = try NWCText.json(text)
        guard let kind = json["notification_type"]?.text, let content = json["notification"] else {
            throw NostrFailure("the wallet told something without a kind")
        }
        self = kind == Self.paymentReceived ? .received(try NWCTransaction(content)) : .other
    }
}
