internal import Crypto
package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Where phoenixd tells of payments (`webhook` in its phoenix.conf). What it says is believed by nobody: a message with a right
/// signature has the gateway ask phoenixd itself, so that one that is sent again, or out of order, does no harm.
package struct PhoenixdWebhook: Stage {
    /// Messages are shorter.
    private static let longestMessage = ByteCount.kibibytes(16)
    private static let signatureField = FieldName("X-Phoenix-Signature")

    /// `webhook-secret` of phoenix.conf.
    private let secret: Secret
    private let ring: @Sendable () -> Void

    package init(secret: Secret, ring: @escaping @Sendable () -> Void) {
        self.secret = secret
        self.ring = ring
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        guard exchange.request.method == .post else { return .now(.reply(Reply(.methodNotAllowed))) }
        let field = Self.signatureField.flatMap { exchange.request.fields[$0] }
        guard let written = field.flatMap({ Bytes32(hex: $0) }) else {
            return .now(.reply(Reply(.unauthorized)))
        }
        return exchange.body(upTo: Self.longestMessage).map { body -> Decision in
            guard signature(of: body.readableBytesView).equalsInConstantTime(written) else {
                return .reply(Reply(.unauthorized))
            }
            ring()
            return .reply(Reply(.noContent))
        }
    }

    /// HMAC-SHA256 of the body with the bytes of the secret (phoenixd, `Api.kt`).
    private func signature(of body: some Sequence<UInt8>) -> Bytes32 {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(body),
            using: SymmetricKey(data: Array(secret.text.utf8))
        )
        return Bytes32(code) ?? .zero
    }
}
