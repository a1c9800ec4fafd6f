public import HTTPTypes
public import NIOCore

/// The head of a request, as it came over the wire: bytes and ranges. What is asked for becomes a `String`, nothing else does.
public struct RequestHead: Sendable {
    public enum Version: Sendable {
        case http1_0, http1_1, http2
    }

    /// What the framing says about the body (RFC 9112 §6.3).
    public enum Body: Hashable, Sendable {
        case none
        case length(UInt64)
        /// Chunked, or an HTTP/2 stream without a length.
        case unknownLength
    }

    public let method: HTTPRequest.Method
    public let version: Version
    /// `http` or `https`: what the client used to reach the gateway itself.
    public let scheme: String
    /// The authority of the target: the host and, where it was given, the port. In lower case.
    public let authorityBytes: ByteBuffer
    /// The path after normalisation, always beginning with `/`; `*` for an `OPTIONS *`.
    public let pathBytes: ByteBuffer
    /// From the `?` on, as it came; empty when there is none.
    public let queryBytes: ByteBuffer
    public var fields: Fields
    public let body: Body
    /// The request opens a WebSocket: a `GET` with an upgrade (RFC 6455 §4.1), or an extended `CONNECT` of HTTP/2
    /// (RFC 8441), which is a `GET` here, too. When it is granted, bytes flow both ways and are no body of anything.
    public let opensWebSocket: Bool

    public init(
        method: HTTPRequest.Method,
        version: Version,
        scheme: String = "http",
        authorityBytes: ByteBuffer,
        pathBytes: ByteBuffer,
        queryBytes: ByteBuffer,
        fields: Fields,
        body: Body,
        opensWebSocket: Bool = false
    ) {
        self.method = method
        self.version = version
        self.scheme = scheme
        self.authorityBytes = authorityBytes
        self.pathBytes = pathBytes
        self.queryBytes = queryBytes
        self.fields = fields
        self.body = body
        self.opensWebSocket = opensWebSocket
    }

    public var authority: String { String(buffer: authorityBytes) }
    public var path: String { String(buffer: pathBytes) }
    /// Without the `?`; `nil` when the target has none.
    public var query: String? {
        queryBytes.readableBytes == 0
            ? nil : String(decoding: queryBytes.readableBytesView.dropFirst(), as: UTF8.self)
    }

    /// Path and query, as they are forwarded.
    public var target: String { String(buffer: pathBytes) + String(buffer: queryBytes) }

    /// The authority without its port and without the brackets of an IPv6 address.
    public var host: String {
        let authority = authority
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[authority.index(after: authority.startIndex)..<end])
        }
        return authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
            ?? ""
    }

    /// The convenient view of HTTPTypes. Copies every field: its price is paid by the routes whose stages ask.
    public var httpRequest: HTTPRequest {
        var fields = HTTPFields()
        for index in self.fields.lines.indices {
            guard let name = HTTPField.Name(self.fields.name(at: index)) else { continue }
            fields.append(HTTPField(name: name, value: self.fields.value(at: index)))
        }
        return HTTPRequest(method: method, scheme: scheme, authority: authority, path: target, headerFields: fields)
    }

    /// True for the content types of gRPC (`application/grpc`, `application/grpc+proto`, ...).
    public var isGRPC: Bool {
        guard let index = fields.firstIndex(of: .contentType) else { return false }
        let prefix = "application/grpc"
        return fields.withValue(at: index) { bytes in
            guard bytes.count >= prefix.utf8.count else { return false }
            guard zip(bytes, prefix.utf8).allSatisfy({ ASCII.lowercased($0) == $1 }) else { return false }
            // application/grpc-web is HTTP/1.1 and reads its status from the body: it is answered as REST is.
            return bytes.count == prefix.utf8.count || bytes[prefix.utf8.count] != UInt8(ascii: "-")
        }
    }
}
