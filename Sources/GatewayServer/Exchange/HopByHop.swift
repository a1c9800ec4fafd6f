internal import GatewayKit

/// The fields that concern one connection only and are never passed on (RFC 9110 §7.6.1).
struct HopByHop {
    /// What `Connection` lists besides the usual: names in lower case. Nearly always empty.
    private var nominated: [String] = []
    /// `Connection: close` was there.
    private(set) var saysClose = false
    /// `Connection: keep-alive` was there.
    private(set) var saysKeepAlive = false
    /// `Connection: upgrade` was there: the protocols in `Upgrade` are offered.
    private(set) var saysUpgrade = false

    init(of fields: Fields) {
        for index in fields.lines.indices where fields.lines[index].known == .connection {
            fields.forEachElement(at: index) { option in
                if option.equals("close") {
                    saysClose = true
                } else if option.equals("keep-alive") {
                    saysKeepAlive = true
                } else if option.equals("upgrade") {
                    saysUpgrade = true
                } else if !option.equals("te") {
                    nominated.append(String(decoding: option, as: UTF8.self).lowercased())
                }
            }
        }
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
    func upgrades(to name: StaticString, _ fields: Fields) -> Bool {
        saysUpgrade && fields.lists(name, in: .upgrade)
    }

    /// True for fields that a trailer section may not carry, since they frame, route or authorise (RFC 9110 §6.5.1).
    static func isForbiddenInTrailers(_ index: Int, of fields: Fields) -> Bool {
        switch fields.lines[index].known {
        case .authorization, .cacheControl, .connection, .contentLength, .contentType, .cookie, .expect, .forwarded,
            .grpcMetadataMacaroon, .host, .keepAlive, .location, .macaroon, .proxyAuthenticate,
            .paymentAuthorization, .paymentReceipt, .paymentSessionSecret, .proxyAuthenticationInfo,
            .proxyAuthorization, .proxyConnection, .retryAfter, .setCookie, .te, .trailer, .transferEncoding, .upgrade,
            .wwwAuthenticate, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP:
            true
        case .other:
            // A service that joins trailers with the head would believe them.
            ForwardedClient.isClaimed(by: index, of: fields)
        default:
            false
        }
    }
}
