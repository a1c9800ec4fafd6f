internal import Crypto
package import GatewayKit
internal import HTTPTypes

/// The place of an answer that is to be kept for whoever asks for the same again.
package struct AnswerReservation: Sendable {
    package let key: IdempotencyKey
    /// Of the request: no other one gets the answer.
    package let fingerprint: Bytes32
    package let end: WallTime

    package init(_ key: IdempotencyKey, of request: RequestHead, until end: WallTime) {
        self.key = key
        fingerprint = Self.fingerprint(of: request)
        self.end = end
    }

    /// Tells requests apart that one challenge covers: method, path, query and a short body it is bound to anyway.
    private static func fingerprint(of request: RequestHead) -> Bytes32 {
        let length =
            switch request.body {
            case .none: "none"
            case .length(let count): "\(count)"
            case .unknownLength: "unknown"
            }
        let type = request.fields[.contentType] ?? ""
        return Bytes32(SHA256.hash(data: Array("\(request.target)\n\(length)\n\(type)".utf8))) ?? .zero
    }
}

extension Exchange {
    /// False where one answer fits no other request (JSON-RPC names its call), is more than a head and a body, or is not seen.
    var hasRepeatableAnswer: Bool {
        !request.isGRPC && !speaksJSONRPC && !request.opensWebSocket && !isServedElsewhere
    }
}
