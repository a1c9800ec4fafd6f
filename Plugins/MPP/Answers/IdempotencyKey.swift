internal import Crypto
package import GatewayKit
internal import HTTPTypes

/// What a client names a request by, to get the same answer however often it asks (`Idempotency-Key`).
package struct IdempotencyKey: Hashable, Sendable {
    /// Stands for it where it is kept.
    package let digest: Bytes32

    /// For a credential that is good for one request: it names that.
    package init(credential fingerprint: Bytes32) {
        digest = fingerprint
    }

    /// `nil` when there is none, or several, or one too long to be taken.
    init?(of request: RequestHead) {
        let lines = request.fields.lines.indices.filter { request.fields.lines[$0].known == .idempotencyKey }
        guard lines.count == 1, let line = lines.first else { return nil }
        let bytes = request.fields.withValue(at: line) { Array($0) }
        guard (1...255).contains(bytes.count), let digest = Bytes32(SHA256.hash(data: bytes)) else { return nil }
        self.digest = digest
    }

    /// The key names another request.
    static let conflict = Rejection(
        .service,
        status: .unprocessableContent,
        Problem.payment(
            PaymentProblem.badRequest.rawValue,
            title: "Idempotency Key Reused",
            detail: "the idempotency key was used with another request"
        )
    )
}
