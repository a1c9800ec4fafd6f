import Foundation
import GatewayKit
import MPP

/// Speaks the adapter interface of the scheme's conformance suite (tempoxyz/mpp-tools): one JSON object on standard
/// input, one on standard output.
///
/// `{"schema":1,"op":...,"input":...}` in; `{"ok":true,"value":...}` or `{"ok":false,"error":{"type","message"}}` out.
@main
struct ConformanceAdapter {
    static func main() async {
        let input = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
        let answer: JSONValue
        var name = ""
        do {
            let call = try JSONReader.value(of: input)
            name = call["op"]?.text ?? ""
            answer = .object([
                .init("ok", .bool(true)), .init("value", try await value(of: name, call["input"] ?? .null)),
            ])
        } catch {
            answer = .object([
                .init("ok", .bool(false)),
                .init("error", .texts([("type", errorType(of: name)), ("message", "\(error)")])),
            ])
        }
        print(answer.canonical)
    }

    private static func errorType(of name: String) -> String {
        if name.hasSuffix(".parse") { return "parse_error" }
        if name.hasSuffix(".format") { return "format_error" }
        if name.hasPrefix("base64url.") { return "encoding_error" }
        return switch name {
        case "challenge.id": "generation_error"
        case "http.payment_request": "http_error"
        case "server.verify": "verification_error"
        default: "unsupported_operation"
        }
    }

    private static func value(of name: String, _ input: JSONValue) async throws -> JSONValue {
        switch name {
        case "challenge.parse":
            return try object(of: ChallengeLine.challenge(text("header", of: input)))
        case "challenge.format":
            return .texts([("header", try challenge(of: input).line())])
        case "challenge.id":
            return .texts([("id", try keyring(of: input).id(of: try challenge(of: input)))])
        case "server.verify":
            return try ServerVerdict.value(of: input)
        case "http.payment_request":
            return try await PaymentRequest(input).response()
        case "credential.parse":
            return try object(of: credential(in: text("header", of: input)))
        case "credential.format":
            guard let payload = input["payload"], payload.isObject else { throw MalformedPayment("no payload") }
            let credential = PaymentCredential(
                challenge: try challenge(of: input["challenge"] ?? .null),
                source: input["source"]?.text,
                payload: payload
            )
            return .texts([("header", credential.authorization)])
        case "receipt.parse":
            return try PaymentReceipt(decoding: text("header", of: input)).value
        case "receipt.format":
            return .texts([("header", try PaymentReceipt(decoding: Base64.url.encoded(input.canonical)).field)])
        case "base64url.encode":
            return .texts([("text", Base64.url.encoded(try text("text", of: input)))])
        case "base64url.decode":
            guard let bytes = Base64.url.decoded(try text("text", of: input)),
                let text = String(validating: bytes, as: UTF8.self)
            else { throw MalformedPayment("it is not base64url of UTF-8") }
            return .texts([("text", text)])
        default:
            throw MalformedPayment("there is no operation '\(name)'")
        }
    }

    static func keyring(of input: JSONValue) throws -> ChallengeKeyring {
        guard let keyring = ChallengeKeyring([1: Array(try text("secretKey", of: input).utf8)]) else {
            throw MalformedPayment("the secret is shorter than \(ChallengeKeyring.fewestBytes) bytes")
        }
        return keyring
    }

    static func text(_ name: String, of input: JSONValue) throws -> String {
        guard let text = input[name]?.text else { throw MalformedPayment("'\(name)' should be a text") }
        return text
    }

    /// With the request as the object that it is.
    private static func object(of challenge: PaymentChallenge) throws -> JSONValue {
        let others = challenge.parameters.filter { $0.name != "request" }
        return .object(
            others.map { JSONValue.Member($0.name, .string($0.value)) }
                + [.init("request", try challenge.requestObject())]
        )
    }

    private static func object(of credential: PaymentCredential) throws -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("challenge", try object(of: credential.challenge)), .init("payload", credential.payload),
        ]
        if let source = credential.source { members.append(.init("source", .string(source))) }
        return .object(members)
    }

    static func challenge(of object: JSONValue) throws -> PaymentChallenge {
        guard let request = object["request"], request.isObject else {
            throw MalformedPayment("'request' should be an object")
        }
        return PaymentChallenge(
            id: object["id"]?.text ?? "",
            realm: try text("realm", of: object),
            method: try text("method", of: object),
            intent: try text("intent", of: object),
            request: Base64.url.encoded(request.canonical),
            description: object["description"]?.text,
            digest: object["digest"]?.text,
            expires: object["expires"]?.text,
            header: object["header"]?.text,
            opaque: object["opaque"]?.text
        )
    }

    static func credential(in header: String) throws -> PaymentCredential {
        let bytes = Array(header.utf8)
        let scheme = "payment "
        guard bytes.count > scheme.utf8.count,
            String(decoding: bytes.prefix(scheme.utf8.count), as: UTF8.self).lowercased() == scheme
        else { throw MalformedPayment("it is no credential of the scheme Payment") }
        return try PaymentCredential(token: Array(bytes.dropFirst(scheme.utf8.count).drop { $0 == 0x20 }))
    }
}
