internal import GatewayKit

/// The `request` of a charge (draft-lightning-charge, "Request Schema").
enum ChargeRequest {
    static func value(of invoice: Invoice) -> JSONValue {
        .object([
            .init("amount", .string(String(invoice.amount.satoshisRoundedUp))),
            .init("currency", .string("sat")),
            .init(
                "methodDetails",
                .texts([
                    ("invoice", invoice.bolt11), ("paymentHash", invoice.paymentHash.description),
                    ("network", network(of: invoice.bolt11)),
                ])
            ),
        ])
    }

    /// The payment that a request of ours asks for.
    static func payment(of request: JSONValue) -> PaymentHash? {
        guard let hash = request["methodDetails"]?["paymentHash"]?.text else { return nil }
        return Bytes32(hex: hash).map(PaymentHash.init)
    }

    /// By the prefix of the invoice (BOLT 11, "Human-Readable Part"); `nil` for mainnet, which is meant without a word.
    private static func network(of bolt11: String) -> String? {
        if bolt11.hasPrefix("lnbcrt") { return "regtest" }
        if bolt11.hasPrefix("lntbs") { return "signet" }
        return bolt11.hasPrefix("lntb") ? "testnet" : nil
    }
}
