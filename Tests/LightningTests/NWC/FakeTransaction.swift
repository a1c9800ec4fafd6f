import GatewayKit
import Lightning

/// An invoice or a payment of a `FakeWallet`.
struct FakeTransaction {
    var isIncoming = true
    var state = "pending"
    var bolt11: String
    var hash: PaymentHash
    /// `nil` while only somebody else knows it.
    var preimage: Preimage?
    var amount: Amount
    var fee = Amount.zero
    var createdAt: WallTime
    var expiresAt: WallTime
    var settledAt: WallTime?
    var isHold = false
    /// Told once what is held is settled or cancelled.
    var payer: CheckedContinuation<Void, any Error>?

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(isIncoming ? "incoming" : "outgoing")), .init("state", .string(state)),
            .init("invoice", .string(bolt11)), .init("payment_hash", .string(hash.description)),
            .init("amount", .number(Double(amount.millisatoshis))),
            .init("fees_paid", .number(Double(fee.millisatoshis))),
            .init("created_at", .number(Double(createdAt.seconds))),
            .init("expires_at", .number(Double(expiresAt.seconds))),
            .init("settled_at", settledAt.map { .number(Double($0.seconds)) } ?? .null),
        ]
        if let preimage, state == "settled" { members.append(.init("preimage", .string(preimage.bytes.hex))) }
        return .object(members)
    }
}
