internal import GatewayKit

/// The fields that concern one connection only and are never passed on (RFC 9110 §7.6.1).
struct HopByHop {
    /// What `Connection` lists besides the usual: names in lower case. Nearly always empty.
    private let nominated: [String]
    /// `Connection: close` was there.
    private(set) var saysClose = false
    /// `Connection: keep-alive` was there.
    private(set) var saysKeepAlive = false
    /// `Connection: upgrade` was there: the protocols in `Upgrade` are offered.
    private(set) var saysUpgrade = false

    init(of fields: Fields) {
        var nominated = [String]()
        for index in fields.lines.indices where fields.lines[index].known == .connection {
            for option in fields.value(at: index).lowercased().split(separator: ",") {
                switch option.trimmingSpaces {
                case "close": saysClose = true
                case "keep-alive": saysKeepAlive = true
                case "upgrade": saysUpgrade = true
                case "", "te": break
                case let name: nominated.append(String(name))
                }
            }
        }
        self.nominated = nominated
    }

    func covers(_ index: Int, of fields: Fields) -> Bool {
        switch fields.lines[index].known {
        case .connection, .keepAlive, .proxyConnection, .proxyAuthenticate, .proxyAuthorization,
            .proxyAuthenticationInfo, .te, .trailer, .transferEncoding, .upgrade, .http2Settings:
            return true
        default:
            guard !nominated.isEmpty else { return false }
            let name = fields.name(at: index).lowercased()
            return nominated.contains { $0 == name }
        }
    }

    /// Whether a head offers, or grants, a change to this protocol (RFC 9110 §7.8).
    func upgrades(to name: String, _ fields: Fields) -> Bool {
        guard saysUpgrade else { return false }
        return fields.lines.indices.contains { index in
            fields.lines[index].known == .upgrade
                && fields.value(at: index).lowercased().split(separator: ",").contains { $0.trimmingSpaces == name }
        }
    }

    /// True for fields that a trailer section may not carry, since they frame, route or authorise (RFC 9110 §6.5.1).
    static func isForbiddenInTrailers(_ field: KnownField) -> Bool {
        switch field {
        case .authorization, .cacheControl, .connection, .contentLength, .contentType, .cookie, .expect, .forwarded,
            .grpcMetadataMacaroon, .host, .keepAlive, .location, .macaroon, .proxyAuthenticate,
            .proxyAuthenticationInfo,
            .proxyAuthorization, .proxyConnection, .retryAfter, .te, .trailer, .transferEncoding, .upgrade,
            .wwwAuthenticate, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP:
            true
        default:
            false
        }
    }
}
