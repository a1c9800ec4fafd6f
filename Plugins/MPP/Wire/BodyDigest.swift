internal import Crypto
package import NIOCore

/// The hash of a request's body as a digest dictionary has it (RFC 9530 §2): `sha-256=:...:`.
package enum BodyDigest {
    package static func text(of body: ByteBuffer) -> String {
        var hash = SHA256()
        body.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        return "sha-256=:\(base64(Array(hash.finalize()))):"
    }

    /// The standard alphabet with padding (RFC 8941 §3.3.5, of byte sequences).
    private static func base64(_ bytes: [UInt8]) -> String {
        let digits = Base64URL.encoded(bytes).utf8.map { digit in
            switch digit {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: digit
            }
        }
        let padding = String(repeating: "=", count: (4 - digits.count % 4) % 4)
        return String(decoding: digits, as: UTF8.self) + padding
    }
}
