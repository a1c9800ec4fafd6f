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
    /// The HTTP authentication scheme `Payment`, and the field `Idempotency-Key`.
    case acceptPayment, paymentAuthorization, paymentReceipt, paymentSessionSecret, idempotencyKey
    case setCookie, vary
    /// The gateway's own: see `FieldName.decision`.
    case sluiceDecision
    /// draft-ietf-httpapi-ratelimit-headers-10.
    case rateLimit, rateLimitPolicy
    /// Fetch standard, "HTTP-CORS protocol".
    case accessControlAllowCredentials, accessControlAllowHeaders, accessControlAllowMethods, accessControlAllowOrigin
    case accessControlExposeHeaders, accessControlMaxAge, accessControlRequestMethod

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
        case .acceptPayment: "accept-payment"
        case .paymentAuthorization: "payment-authorization"
        case .paymentReceipt: "payment-receipt"
        case .paymentSessionSecret: "payment-session-secret"
        case .idempotencyKey: "idempotency-key"
        case .setCookie: "set-cookie"
        case .sluiceDecision: "sluice-decision"
        case .rateLimit: "ratelimit"
        case .rateLimitPolicy: "ratelimit-policy"
        case .vary: "vary"
        case .accessControlAllowCredentials: "access-control-allow-credentials"
        case .accessControlAllowHeaders: "access-control-allow-headers"
        case .accessControlAllowMethods: "access-control-allow-methods"
        case .accessControlAllowOrigin: "access-control-allow-origin"
        case .accessControlExposeHeaders: "access-control-expose-headers"
        case .accessControlMaxAge: "access-control-max-age"
        case .accessControlRequestMethod: "access-control-request-method"
        }
    }

    private static let table = KnownFieldTable(allCases.filter { $0 != .other })

    /// The field of this name, in any case of letters; `other` when it is not one of these.
    public init(name: UnsafeRawBufferPointer) {
        self = Self.table.field(of: name) ?? .other
    }
}
