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

    func write(for request: RequestHead, to lines: inout some HeadLines) {
        let fields = request.fields
        lines.write(.xForwardedFor) { value in
            if isBehindTrustedProxy {
                Self.writeEarlier(.xForwardedFor, of: fields, into: &value)
            }
            value.writeString(peer)
        }
        if !(isBehindTrustedProxy && fields.firstIndex(of: .xForwardedProto) != nil) {
            lines.write(.xForwardedProto) { $0.writeString(request.scheme) }
        }
        let hasHost = request.authorityBytes.readableBytes > 0
        if hasHost, !(isBehindTrustedProxy && fields.firstIndex(of: .xForwardedHost) != nil) {
            lines.write(.xForwardedHost) { $0.writeImmutableBuffer(request.authorityBytes) }
        }
        lines.write(.forwarded) { value in
            if isBehindTrustedProxy {
                Self.writeEarlier(.forwarded, of: fields, into: &value)
            }
            value.writeStaticString("for=")
            value.writeString(node)
            if hasHost {
                value.writeStaticString(";host=\"")
                value.writeImmutableBuffer(request.authorityBytes)
                value.writeStaticString("\"")
            }
            value.writeStaticString(";proto=")
            value.writeString(request.scheme)
        }
    }

    private static func writeEarlier(_ field: KnownField, of fields: Fields, into buffer: inout ByteBuffer) {
        for index in fields.lines.indices where fields.lines[index].known == field {
            fields.withValue(at: index) { _ = buffer.writeBytes($0) }
            buffer.writeStaticString(", ")
        }
    }
}
