internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The messages of lnd's REST interface that are spoken here (lnd, `lnrpc/lightning.proto`). Names in JSON are in
/// snake case, bytes are base64, 64-bit integers are strings.
enum LndREST {
    struct NodeState: Encodable {
        struct Chain: Encodable {
            let chain: String
            let network: String
        }

        let identityPubkey: String
        let alias: String
        let version: String
        let blockHeight: UInt32
        let syncedToChain: Bool
        let syncedToGraph: Bool
        let testnet: Bool
        let chains: [Chain]
        let uris: [String]
        let numActiveChannels: UInt32
        let numPeers: UInt32
    }

    struct InvoiceRequest: Decodable {
        let memo: String?
        let value: LndInteger?
        let valueMsat: LndInteger?
        /// Seconds.
        let expiry: LndInteger?
    }

    struct NewInvoice: Encodable {
        let rHash: Data
        let paymentRequest: String
        let addIndex: LndInteger
        let paymentAddr: Data
    }

    struct InvoiceState: Encodable {
        enum State: String, Encodable {
            case open = "OPEN"
            case accepted = "ACCEPTED"
            case settled = "SETTLED"
            case canceled = "CANCELED"
        }

        let memo: String
        /// Empty until it is settled: otherwise whoever asks would own the proof of payment.
        let rPreimage: Data
        let rHash: Data
        let value: LndInteger
        let valueMsat: LndInteger
        let settled: Bool
        let creationDate: LndInteger
        let settleDate: LndInteger
        let paymentRequest: String
        let expiry: LndInteger
        let cltvExpiry: LndInteger
        let addIndex: LndInteger
        let settleIndex: LndInteger
        let amtPaidSat: LndInteger
        let amtPaidMsat: LndInteger
        let state: State
        let paymentAddr: Data
    }

    struct DecodedInvoice: Encodable {
        let destination: String
        let paymentHash: String
        let numSatoshis: LndInteger
        let numMsat: LndInteger
        let timestamp: LndInteger
        let expiry: LndInteger
        let description: String
        let descriptionHash: String
        let cltvExpiry: LndInteger
        let paymentAddr: Data
    }

    struct PaymentRequest: Codable {
        struct FeeLimit: Codable {
            let fixedMsat: LndInteger?
        }

        let paymentRequest: String?
        let feeLimit: FeeLimit?
        /// For an invoice that names no amount.
        var amt: LndInteger?
        var amtMsat: LndInteger?

        /// `nil` when none is chosen.
        var amount: Amount? {
            if let amtMsat, amtMsat.value > 0 { return Amount(millisatoshis: amtMsat.value) }
            return amt.flatMap { $0.value > 0 ? .satoshis($0.value) : nil }
        }
    }

    struct PaymentAnswer: Codable {
        struct Route: Codable {
            let totalFeesMsat: LndInteger?
            let totalAmtMsat: LndInteger?
            let totalFees: LndInteger?
            let totalAmt: LndInteger?
        }

        /// Empty when the payment arrived.
        let paymentError: String
        let paymentPreimage: Data?
        let paymentHash: Data?
        let paymentRoute: Route?
    }

    /// A line of the stream that `TrackPaymentV2` answers (lnd, `lnrpc/routerrpc/router.proto`).
    struct TrackedPayment: Decodable {
        struct Result: Decodable {
            let status: String
            /// Hexadecimal, unlike other bytes here; zeros until the payment has arrived.
            let paymentPreimage: String?
            let failureReason: String?
        }

        let result: Result?
        let error: Failure?
    }

    struct InvoiceLookup: Decodable {
        let state: String
        let rPreimage: Data?
    }

    struct Failure: Decodable {
        let code: Int?
        let message: String
    }

    static func encoded(_ message: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(message), as: UTF8.self)
    }

    static func decoded<Message: Decodable>(_ type: Message.Type, from bytes: [UInt8]) throws -> Message {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(bytes))
    }
}

extension LndREST {
    /// Empty for `nil`, as protobuf has it.
    static func data(_ bytes: Bytes32?) -> Data {
        Data(bytes?.array ?? [])
    }
}
