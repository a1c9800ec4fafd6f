/// The messages of LNbits's HTTP interface that are spoken here (LNbits 1.6). Names in JSON are in snake case.
enum LNbitsMessage {
    struct InvoiceRequest: Encodable {
        let out = false
        let unit = "sat"
        let amount: UInt64
        let memo: String
        /// Seconds.
        let expiry: Int64
    }

    /// Of an invoice that was made: the preimage stands beside these, and is not read.
    struct NewInvoice: Decodable {
        let paymentHash: String
        let bolt11: String
    }

    /// A payment of a wallet, in or out.
    struct Listed: Decodable {
        let paymentHash: String
        let status: String
        /// Millisatoshi; below zero for what goes out.
        let amount: Int64
        /// The last change, in RFC 3339: of an incoming payment that has arrived, when it did.
        let updatedAt: String?
    }

    /// What one asks for by its hash.
    struct Found: Decodable {
        let paid: Bool
        let status: String?
        /// Only for the owner of the wallet.
        let details: Listed?
    }

    struct Wallet: Decodable {
        /// Only where the key may spend.
        let id: String?
        let name: String
    }

    /// What a stranger is told.
    struct Exposure: Decodable {
        let preimage: String?
    }

    struct Failure: Decodable {
        let detail: String
        /// `failed`, or `pending` where it is not known.
        let status: String?
    }
}
