internal import Crypto

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The handshake of a WebSocket over HTTP/1.1, for a side that HTTP/2 has none for (RFC 6455 §1.3, RFC 8441 §5).
enum WebSocketKey {
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// A key as a client makes one: 16 random bytes in base64.
    static func random() -> String {
        var bytes = [UInt8]()
        for _ in 0..<16 {
            bytes.append(UInt8.random(in: .min ... .max))
        }
        return Data(bytes).base64EncodedString()
    }

    /// What `Sec-WebSocket-Accept` must say to this key.
    static func acceptance(of key: String) -> String {
        // The protocol asks for SHA-1; nothing secret depends on it.
        Data(Insecure.SHA1.hash(data: Array((key + suffix).utf8))).base64EncodedString()
    }
}
