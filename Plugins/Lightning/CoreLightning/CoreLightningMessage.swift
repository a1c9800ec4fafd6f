internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The messages of Core Lightning's JSON-RPC that are spoken here, as clnrest has them (`doc/schemas` of Core Lightning
/// 24.11). Names in JSON are in snake case.
enum CoreLightningMessage {
    /// Millisatoshi: a number, or with a suffix, as before 23.05.
    struct Millisatoshi: Hashable, Decodable {
        let amount: Amount

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let count = try? container.decode(UInt64.self) {
                amount = Amount(millisatoshis: count)
                return
            }
            let text = try container.decode(String.self)
            guard text.hasSuffix("msat"), let count = UInt64(text.dropLast(4)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "should be millisatoshi")
            }
            amount = Amount(millisatoshis: count)
        }
    }

    // MARK: Questions

    struct InvoiceRequest: Encodable {
        let amountMsat: UInt64
        /// Of its own for each invoice.
        let label: String
        let description: String
        /// Seconds.
        let expiry: Int64
    }

    struct PaymentQuestion: Encodable {
        let paymentHash: String
    }

    struct Waiting: Encodable {
        let lastpayIndex: UInt64
        /// Seconds; 0 does not wait.
        let timeout: Int64
    }

    struct PayRequest: Encodable {
        let invstring: String
        let amountMsat: UInt64?
        let maxfee: UInt64
        /// Seconds.
        let retryFor: Int64
    }

    // MARK: Answers

    struct NewInvoice: Decodable {
        let bolt11: String
        let paymentHash: String
    }

    /// Of invoices only what is needed: the preimage of one stands beside it and is not read.
    struct Invoice: Decodable {
        let paymentHash: String
        let status: String
        /// From 1, in the order in which they were paid; only of those that are.
        let payIndex: UInt64?
        let amountReceivedMsat: Millisatoshi?
        /// Seconds.
        let paidAt: UInt64?
    }

    struct Invoices: Decodable {
        let invoices: [Invoice]
    }

    struct Paid: Decodable {
        let paymentPreimage: String
        let amountMsat: Millisatoshi
        /// With the fee.
        let amountSentMsat: Millisatoshi
    }

    struct Pays: Decodable {
        struct Pay: Decodable {
            let paymentHash: String
            let status: String
            let preimage: String?
            let amountMsat: Millisatoshi?
            let amountSentMsat: Millisatoshi?
        }

        let pays: [Pay]
    }

    struct Failure: Decodable {
        let code: Int?
        let message: String
    }
}
