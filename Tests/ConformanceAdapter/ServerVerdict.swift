import GatewayKit
import MPP

/// `server.verify`: whether a server with this secret and this route takes a credential, in the order in which the gateway
/// looks (`MPPScheme`): id, place, time, then what the method says.
enum ServerVerdict {
    /// - Throws: for input that is no question.
    static func value(of input: JSONValue) throws -> JSONValue {
        let keyring = try ConformanceAdapter.keyring(of: input)
        // What the route would offer now.
        let route = try ConformanceAdapter.challenge(of: input)
        guard let credential = input["credential"], let echo = credential["challenge"] else {
            throw MalformedPayment("'credential' should be an object with a challenge")
        }
        let challenge = try ConformanceAdapter.challenge(of: echo)
        guard challenge.method == route.method, challenge.intent == route.intent else {
            return refusal("method_unsupported")
        }
        guard challenge.header == route.header, keyring.made(challenge), challenge.realm == route.realm,
            challenge.request == route.request, challenge.opaque == route.opaque, challenge.digest == route.digest,
            let expires = challenge.expires.flatMap({ Timestamp.time($0) })
        else { return refusal("invalid_challenge") }
        guard TimeSource.system.now() <= expires else { return refusal("payment_expired") }
        guard credential["payload"]?.isObject == true else { return refusal("invalid_payload") }
        // The suite's stand-in for a method's own check.
        if input["verificationError"]?.text != nil { return refusal("verification_failed") }
        return .object([
            .init("ok", .bool(true)),
            .init(
                "receipt",
                .texts([
                    ("status", "success"), ("timestamp", "2026-01-29T12:00:00Z"),
                    ("reference", "conformance-receipt"), ("method", challenge.method),
                ])
            ),
        ])
    }

    private static func refusal(_ type: String) -> JSONValue {
        .object([.init("ok", .bool(false)), .init("errorType", .string(type))])
    }
}
