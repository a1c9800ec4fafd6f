/// What is spoken inside a TLS connection, by the name it is negotiated by (ALPN, RFC 7301 §6).
package enum ApplicationProtocol: String, Sendable, Hashable {
    case http2 = "h2"
    case http1 = "http/1.1"

    /// - Parameter name: what the handshake says was agreed on; `nil` when the peer does not negotiate, or shares none
    ///   of the protocols that were offered: NIOSSL goes on then, without the alert of RFC 7301 §3.2.
    package init(negotiated name: String?) {
        self = name.flatMap(Self.init(rawValue:)) ?? .http1
    }
}
