internal import GatewayKit

/// What a credential of a session asks for (draft-lightning-session, "Credential Payload").
struct SessionPayload: Sendable {
    enum Action: Sendable, Hashable {
        case open(returnInvoice: String)
        case bearer, topUp, close

        /// True for those that ask for the resource.
        var isServed: Bool {
            switch self {
            case .open, .bearer: true
            case .topUp, .close: false
            }
        }
    }

    let action: Action
    /// `nil` for `open`, which has none yet.
    let session: PaymentHash?
    /// Of the payment that opens the session, or adds to it.
    let preimage: Bytes32
    /// As the answer that opened the session told it.
    let secret: Bytes32?

    private static let invoiceLimit = ByteCount.kibibytes(4)

    /// - Throws: what is wrong with it, in a sentence.
    init(_ payload: JSONValue) throws(MalformedPayment) {
        switch payload["action"]?.text {
        case "open":
            guard let invoice = payload["returnInvoice"]?.text, !invoice.isEmpty,
                invoice.utf8.count <= Self.invoiceLimit.bytes
            else { throw MalformedPayment("the payload's 'returnInvoice' should be a BOLT 11 invoice") }
            action = .open(returnInvoice: invoice)
        case "bearer": action = .bearer
        case "topUp": action = .topUp
        case "close": action = .close
        default: throw MalformedPayment("the payload's 'action' should be open, bearer, topUp or close")
        }
        if case .open = action {
            session = nil
        } else {
            session = PaymentHash(try Self.bytes("sessionId", of: payload))
        }
        preimage = try Self.bytes(action == .topUp ? "topUpPreimage" : "preimage", of: payload)
        secret = payload["sessionSecret"] == nil ? nil : try Self.bytes("sessionSecret", of: payload)
    }

    private static func bytes(_ name: String, of payload: JSONValue) throws(MalformedPayment) -> Bytes32 {
        guard let text = payload[name]?.text, text.utf8.allSatisfy({ !(0x41...0x46).contains($0) }),
            let bytes = Bytes32(hex: text)
        else { throw MalformedPayment("the payload's '\(name)' should be 64 hexadecimal digits in lower case") }
        return bytes
    }
}
