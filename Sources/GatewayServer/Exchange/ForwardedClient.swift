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

    /// True for fields by which a client could tell an upstream where it comes from, in any spelling that a CGI-like
    /// upstream takes for one: `X-Forwarded-Port`, `X_Forwarded_For`.
    static func isClaimed(by index: Int, of fields: Fields) -> Bool {
        fields.withName(at: index) { name in
            guard name.count >= 9, let first = name.first else { return false }
            switch ASCII.lowercased(first) {
            case UInt8(ascii: "x"): return matches(name, "x-forwarded-", isPrefix: true) || matches(name, "x-real-ip")
            default: return false
            }
        }
    }

    private static func matches(
        _ name: UnsafeRawBufferPointer,
        _ lowercase: StaticString,
        isPrefix: Bool = false
    ) -> Bool {
        let count = lowercase.utf8CodeUnitCount
        guard name.count == count || isPrefix && name.count > count else { return false }
        return lowercase.withUTF8Buffer { wanted in
            wanted.indices.allSatisfy { index in
                let byte = name[index] == UInt8(ascii: "_") ? UInt8(ascii: "-") : ASCII.lowercased(name[index])
                return byte == wanted[index]
            }
        }
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
