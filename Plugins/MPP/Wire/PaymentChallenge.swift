package import GatewayKit

/// An offer of the `Payment` scheme: what `WWW-Authenticate` carries and a credential echoes (core draft, "Challenge").
package struct PaymentChallenge: Sendable, Hashable {
    /// Binds all the others but `description`; opaque to the client.
    package var id: String
    package var realm: String
    /// `lightning`.
    package var method: String
    /// `charge`, `session`.
    package var intent: String
    /// Base64url of the canonical JSON, as it stood on the wire.
    package var request: String
    /// For people.
    package var description: String?
    /// A member of a digest dictionary (RFC 9530 §2).
    package var digest: String?
    /// RFC 3339.
    package var expires: String?
    /// The field that the credential is to stand in, when it is not `Authorization`.
    package var header: String?
    /// Base64url of the canonical JSON, as it stood on the wire.
    package var opaque: String?

    package init(
        id: String = "",
        realm: String,
        method: String,
        intent: String,
        request: String,
        description: String? = nil,
        digest: String? = nil,
        expires: String? = nil,
        header: String? = nil,
        opaque: String? = nil
    ) {
        self.id = id
        self.realm = realm
        self.method = method
        self.intent = intent
        self.request = request
        self.description = description
        self.digest = digest
        self.expires = expires
        self.header = header
        self.opaque = opaque
    }

    /// The only other field than `Authorization` that there is.
    package static let otherField = "Payment-Authorization"

    /// All parameters that are there, in the order in which they are written.
    package var parameters: [(name: String, value: String)] {
        let all: [(String, String?)] = [
            ("id", id), ("realm", realm), ("method", method), ("intent", intent), ("request", request),
            ("description", description), ("expires", expires), ("digest", digest), ("header", header),
            ("opaque", opaque),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// The value of a `WWW-Authenticate` line.
    ///
    /// - Throws: when a parameter holds what no line may: a control character, CR and LF among them, or a letter beyond
    ///   ASCII.
    package func line() throws(MalformedPayment) -> String {
        var parts = [String]()
        for (name, value) in parameters {
            guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                throw MalformedPayment("'\(name)' holds what no header field may")
            }
            parts.append("\(name)=\"\(Self.escaped(value))\"")
        }
        return "Payment " + parts.joined(separator: ", ")
    }

    /// As an error of JSON-RPC has it: `request` and `opaque` are JSON (draft-payment-transport-mcp, "Challenge
    /// Structure").
    package func object() throws(MalformedPayment) -> JSONValue {
        var members = [JSONValue.Member]()
        for (name, value) in parameters {
            switch name {
            case "request": members.append(.init(name, try requestObject()))
            case "opaque":
                guard let bytes = Base64.url.decoded(value) else { throw MalformedPayment("'opaque' is not base64url") }
                members.append(.init(name, try JSONReader.value(of: bytes)))
            default: members.append(.init(name, .string(value)))
            }
        }
        return .object(members)
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else { return value }
        var bytes = [UInt8]()
        for byte in value.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// From the parameters of a line, whose names are in lower case.
    ///
    /// - Throws: when one that must be there is missing, or has a form that it cannot have.
    package init(parameters: [(name: String, value: String)]) throws(MalformedPayment) {
        func value(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
        func required(_ name: String) throws(MalformedPayment) -> String {
            guard let value = value(name), !value.isEmpty else { throw MalformedPayment("'\(name)' is missing") }
            return value
        }
        self.init(
            id: try required("id"),
            realm: try required("realm"),
            method: try required("method"),
            intent: try required("intent"),
            request: try required("request"),
            description: value("description"),
            digest: value("digest"),
            expires: value("expires"),
            header: value("header"),
            opaque: value("opaque")
        )
        try checkForms()
        if let expires, Timestamp.time(expires) == nil {
            throw MalformedPayment("'expires' should be a date and time")
        }
        guard let request = try? requestObject(), request.isObject else {
            throw MalformedPayment("'request' should be a JSON object in base64url")
        }
    }

    /// What a client and a server both look at first.
    package func checkForms() throws(MalformedPayment) {
        guard method.utf8.first.map({ (0x61...0x7A).contains($0) }) == true,
            method.utf8.allSatisfy({ byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: ":")
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            })
        else { throw MalformedPayment("'method' should be in lower case") }
        guard !intent.isEmpty,
            intent.utf8.allSatisfy({ byte in
                (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte)
                    || byte == UInt8(ascii: "-")
            })
        else { throw MalformedPayment("'intent' should be letters, digits and '-'") }
    }

    /// What is asked for, decoded.
    package func requestObject() throws(MalformedPayment) -> JSONValue {
        guard let bytes = Base64.url.decoded(request) else { throw MalformedPayment("'request' is not base64url") }
        return try JSONReader.value(of: bytes)
    }

    /// Byte for byte: Swift holds composed and decomposed letters for equal.
    package static func == (left: PaymentChallenge, right: PaymentChallenge) -> Bool {
        left.parameters.elementsEqual(right.parameters) { first, second in
            first.name == second.name && first.value.utf8.elementsEqual(second.value.utf8)
        }
    }
}
