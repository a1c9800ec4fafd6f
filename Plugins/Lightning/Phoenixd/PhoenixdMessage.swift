/// The messages of phoenixd's HTTP interface that are spoken here (phoenixd 0.8, `json/JsonSerializers.kt`). What is not known
/// is left out of them.
enum PhoenixdMessage {
    struct NewInvoice: Decodable {
        let paymentHash: String
        let serialized: String
    }

    /// The preimage stands beside these, also while nobody has paid: it is not read, so that nothing here can pass it on.
    struct Incoming: Decodable {
        let paymentHash: String
        let isPaid: Bool
        let isExpired: Bool
        let requestedSat: UInt64?
        let receivedSat: UInt64
        /// Milliseconds; only of what is paid.
        let completedAt: UInt64?
    }

    struct Outgoing: Decodable {
        let paymentHash: String?
        let preimage: String?
        let isPaid: Bool
        /// With the fee.
        let sent: UInt64
        /// Millisatoshi.
        let fees: UInt64
        let invoice: String?
        /// Milliseconds; also of what has failed.
        let completedAt: UInt64?
    }

    struct Sent: Decodable {
        let routingFeeSat: UInt64
        let paymentPreimage: String
    }

    struct NotSent: Decodable {
        let reason: String
    }

    /// Whether the preimage of an invoice is told that nobody has paid.
    struct Exposure: Decodable {
        let isPaid: Bool
        let preimage: String?
    }
}
