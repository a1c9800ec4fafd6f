/// The field names that the gateway itself looks at, as integers: comparing one costs no string.
///
/// RFC 9110 names unless said otherwise.
public enum KnownField: UInt8, Sendable, CaseIterable {
    case other
    case accept, acceptEncoding, allow, authorization, cacheControl, connection, contentLength, contentType, cookie,
        date
    case expect, forwarded, host, keepAlive, location, origin, proxyAuthenticate, proxyAuthorization
    case proxyAuthenticationInfo, proxyConnection, retryAfter, server, te, trailer, transferEncoding, upgrade, userAgent
    case via, wwwAuthenticate, xForwardedFor, xForwardedHost, xForwardedProto, xRealIP
    /// L402 over gRPC-gateway and gRPC metadata (lnd's convention).
    case grpcMetadataMacaroon, macaroon
    case grpcStatus, grpcMessage, grpcTimeout
    /// RFC 6455 §11.3, RFC 7540 §3.2.1.
    case secWebSocketKey, secWebSocketAccept, http2Settings

    /// In lower case, as HTTP/2 wants it; empty for `other`.
    public var name: String {
        switch self {
        case .other: ""
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .allow: "allow"
        case .authorization: "authorization"
        case .cacheControl: "cache-control"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .contentType: "content-type"
        case .cookie: "cookie"
        case .date: "date"
        case .expect: "expect"
        case .forwarded: "forwarded"
        case .host: "host"
        case .keepAlive: "keep-alive"
        case .location: "location"
        case .origin: "origin"
        case .proxyAuthenticate: "proxy-authenticate"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyAuthenticationInfo: "proxy-authentication-info"
        case .proxyConnection: "proxy-connection"
        case .retryAfter: "retry-after"
        case .server: "server"
        case .te: "te"
        case .trailer: "trailer"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .userAgent: "user-agent"
        case .via: "via"
        case .wwwAuthenticate: "www-authenticate"
        case .xForwardedFor: "x-forwarded-for"
        case .xForwardedHost: "x-forwarded-host"
        case .xForwardedProto: "x-forwarded-proto"
        case .xRealIP: "x-real-ip"
        case .grpcMetadataMacaroon: "grpc-metadata-macaroon"
        case .macaroon: "macaroon"
        case .grpcStatus: "grpc-status"
        case .grpcMessage: "grpc-message"
        case .grpcTimeout: "grpc-timeout"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketAccept: "sec-websocket-accept"
        case .http2Settings: "http2-settings"
        }
    }

    /// By length of the name, so that most unknown names are told apart without comparing a byte.
    private static let table: [[(name: [UInt8], field: KnownField)]] = {
        let longest = allCases.map(\.name.utf8.count).max() ?? 0
        var table = [[(name: [UInt8], field: KnownField)]](repeating: [], count: longest + 1)
        for field in allCases where field != .other {
            table[field.name.utf8.count].append((Array(field.name.utf8), field))
        }
        return table
    }()

    /// The field of this name, in any case of letters; `other` when it is not one of these.
    public init(name: UnsafeRawBufferPointer) {
        guard name.count < Self.table.count else {
            self = .other
            return
        }
        for candidate in Self.table[name.count] where ASCII.equalIgnoringCase(name, candidate.name) {
            self = candidate.field
            return
        }
        self = .other
    }
}
