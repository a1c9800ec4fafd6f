package import GatewayKit

/// What a client sends once it has paid: the challenge as it was, and the proof (core draft, "Credentials").
package struct PaymentCredential: Sendable {
    /// As it was echoed; whether it is one of ours is not known yet.
    package let challenge: PaymentChallenge
    /// Who paid, as the client says. Never believed.
    package let source: String?
    /// An object.
    package let payload: JSONValue

    /// The longest text that is decoded.
    package static let largest = ByteCount.kibibytes(64)

    package init(challenge: PaymentChallenge, source: String? = nil, payload: JSONValue) {
        self.challenge = challenge
        self.source = source
        self.payload = payload
    }

    /// Reads what stands behind `Payment` in a header field.
    package init(token: some BidirectionalCollection<UInt8>) throws(MalformedPayment) {
        guard token.count <= Self.largest.bytes else { throw MalformedPayment("it is longer than \(Self.largest)") }
        guard let bytes = Base64.url.decoded(token) else { throw MalformedPayment("it is not base64url") }
        try self.init(try JSONReader.value(of: bytes))
    }

    /// Reads what stands in `_meta` of a call of JSON-RPC: `request` and `opaque` are JSON there, and are bound in the form
    /// that they have in a header field (draft-payment-transport-mcp, "Challenge Structure").
    package init(object: JSONValue) throws(MalformedPayment) {
        guard case .object(let members) = object else { throw MalformedPayment("it is no object") }
        guard object.canonical.utf8.count <= Self.largest.bytes else {
            throw MalformedPayment("it is longer than \(Self.largest)")
        }
        guard case .object(let parameters)? = object["challenge"] else {
            throw MalformedPayment("'challenge' should be an object")
        }
        guard object["challenge"]?["request"]?.isObject == true else {
            throw MalformedPayment("'challenge.request' should be an object")
        }
        let challenge = parameters.map { parameter in
            guard ["request", "opaque"].contains(parameter.name), parameter.value.isObject else { return parameter }
            return JSONValue.Member(parameter.name, .string(Base64.url.encoded(parameter.value.canonical)))
        }
        try self.init(.object(members.map { $0.name == "challenge" ? .init($0.name, .object(challenge)) : $0 }))
    }

    private init(_ value: JSONValue) throws(MalformedPayment) {
        guard let challenge = value["challenge"], challenge.isObject else {
            throw MalformedPayment("'challenge' should be an object")
        }
        guard let payload = value["payload"], payload.isObject else {
            throw MalformedPayment("'payload' should be an object")
        }
        self.init(
            challenge: try Self.challenge(of: challenge),
            source: try Self.text("source", of: value),
            payload: payload
        )
    }

    private static func challenge(of value: JSONValue) throws(MalformedPayment) -> PaymentChallenge {
        func required(_ name: String) throws(MalformedPayment) -> String {
            guard let text = try text(name, of: value), !text.isEmpty else {
                throw MalformedPayment("'challenge.\(name)' should be a text")
            }
            return text
        }
        let challenge = PaymentChallenge(
            id: try required("id"),
            realm: try required("realm"),
            method: try required("method"),
            intent: try required("intent"),
            request: try required("request"),
            description: try text("description", of: value),
            digest: try text("digest", of: value),
            expires: try text("expires", of: value),
            header: try text("header", of: value),
            opaque: try text("opaque", of: value)
        )
        try challenge.checkForms()
        return challenge
    }

    /// `nil` when it is not there.
    private static func text(_ name: String, of value: JSONValue) throws(MalformedPayment) -> String? {
        guard let member = value[name] else { return nil }
        guard let text = member.text else { throw MalformedPayment("'\(name)' should be a text") }
        return text
    }

    /// The value of the header field that presents it.
    package var authorization: String {
        var members: [JSONValue.Member] = [
            .init("challenge", .texts(challenge.parameters.map { ($0.name, $0.value) }))
        ]
        if let source { members.append(.init("source", .string(source))) }
        members.append(.init("payload", payload))
        return "Payment " + Base64.url.encoded(JSONValue.object(members).canonical)
    }
}
