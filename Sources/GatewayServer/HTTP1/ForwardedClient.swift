internal import GatewayKit
internal import NIOCore

/// What the upstream is told about where a request came from (RFC 7239, and the X-Forwarded fields in use before it).
///
/// From a peer that is not trusted, what the request itself says about that is replaced; from one that is, continued.
struct ForwardedClient {
    let isBehindTrustedProxy: Bool
    /// The peer of the connection as text; `unknown` on a Unix socket.
    private let peer: String
    /// The peer as a node identifier of RFC 7239 §6.
    private let node: String

    init(peer: IPAddress?, isTrusted: Bool) {
        isBehindTrustedProxy = isTrusted
        self.peer = peer?.description ?? "unknown"
        node = peer.map { $0.isV4 ? "\($0)" : "\"[\($0)]\"" } ?? "unknown"
    }

    func write(for request: RequestHead, into buffer: inout ByteBuffer) {
        let fields = request.fields
        buffer.writeStaticString("x-forwarded-for: ")
        if isBehindTrustedProxy {
            writeEarlier(.xForwardedFor, of: fields, into: &buffer)
        }
        buffer.writeString(peer)
        buffer.writeStaticString("\r\n")
        if !(isBehindTrustedProxy && fields.firstIndex(of: .xForwardedProto) != nil) {
            buffer.writeStaticString("x-forwarded-proto: ")
            buffer.writeString(request.scheme)
            buffer.writeStaticString("\r\n")
        }
        let hasHost = request.authorityBytes.readableBytes > 0
        if hasHost, !(isBehindTrustedProxy && fields.firstIndex(of: .xForwardedHost) != nil) {
            buffer.writeStaticString("x-forwarded-host: ")
            buffer.writeImmutableBuffer(request.authorityBytes)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("forwarded: ")
        if isBehindTrustedProxy {
            writeEarlier(.forwarded, of: fields, into: &buffer)
        }
        buffer.writeStaticString("for=")
        buffer.writeString(node)
        if hasHost {
            buffer.writeStaticString(";host=\"")
            buffer.writeImmutableBuffer(request.authorityBytes)
            buffer.writeStaticString("\"")
        }
        buffer.writeStaticString(";proto=")
        buffer.writeString(request.scheme)
        buffer.writeStaticString("\r\n")
    }

    private func writeEarlier(_ field: KnownField, of fields: Fields, into buffer: inout ByteBuffer) {
        for index in fields.lines.indices where fields.lines[index].known == field {
            fields.withValue(at: index) { _ = buffer.writeBytes($0) }
            buffer.writeStaticString(", ")
        }
    }
}
