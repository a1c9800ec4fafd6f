internal import Crypto
internal import GatewayKit
package import NIOCore

/// The hash of a request's body as a digest dictionary has it (RFC 9530 §2): `sha-256=:...:`.
package enum BodyDigest {
    package static func text(of body: ByteBuffer) -> String {
        var hash = SHA256()
        body.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        // As byte sequences of structured fields (RFC 8941 §3.3.5).
        return "sha-256=:\(Base64.standard.encoded(hash.finalize())):"
    }
}
