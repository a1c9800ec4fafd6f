package import GatewayKit

/// What a response says of the payment that bought it (core draft, "Payment-Receipt").
package struct PaymentReceipt: Sendable {
    package let method: String
    /// What the method names the payment by: for `lightning` the payment hash, or the session.
    package let reference: String
    /// RFC 3339.
    package let timestamp: String
    package let challengeID: String?
    /// What an intent adds to it.
    package let members: [JSONValue.Member]

    package init(
        method: String,
        reference: String,
        at time: WallTime,
        challengeID: String?,
        members: [JSONValue.Member] = []
    ) {
        self.method = method
        self.reference = reference
        timestamp = Timestamp.text(of: time)
        self.challengeID = challengeID
        self.members = members
    }

    /// Reads the value of the field.
    package init(decoding text: String) throws(MalformedPayment) {
        guard let bytes = Base64.url.decoded(text) else { throw MalformedPayment("the receipt is not base64url") }
        let value = try JSONReader.value(of: bytes)
        guard case .object(let all) = value, value["status"]?.text == "success" else {
            throw MalformedPayment("the receipt's 'status' should be success")
        }
        guard let method = value["method"]?.text, let reference = value["reference"]?.text,
            let timestamp = value["timestamp"]?.text, Timestamp.time(timestamp) != nil
        else { throw MalformedPayment("the receipt lacks 'method', 'reference' or 'timestamp'") }
        self.method = method
        self.reference = reference
        self.timestamp = timestamp
        challengeID = value["challengeId"]?.text
        let known = ["status", "method", "reference", "timestamp", "challengeId"]
        members = all.filter { !known.contains($0.name) }
    }

    package var value: JSONValue {
        var all: [JSONValue.Member] = [
            .init("status", .string("success")), .init("method", .string(method)),
            .init("reference", .string(reference)), .init("timestamp", .string(timestamp)),
        ]
        if let challengeID { all.append(.init("challengeId", .string(challengeID))) }
        return .object(all + members)
    }

    /// The value of the field.
    package var field: String { Base64.url.encoded(value.canonical) }
}
