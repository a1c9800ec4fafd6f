package import GatewayKit
package import GatewayServer
internal import HTTPTypes
internal import NIOCore

/// How a proxy that asks over HTTP tells what the client sent.
package enum ProxiedRequest {
    /// `auth_request` of nginx, by the fields that its configuration sets: `X-Original-URI`, `X-Original-Method`,
    /// `X-Original-Scheme`, `X-Real-IP` and `Host`.
    case nginx
    /// Traefik's `forwardAuth` and Caddy's `forward_auth`: `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For`.
    case forwarded

    /// Fields that one kind of proxy sets, and that another would pass on from its client.
    private static let own: Set<String> = [
        "x-original-uri", "x-original-method", "x-original-scheme", "x-real-ip", "x-forwarded-method",
        "x-forwarded-uri", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-for", "connection",
    ]

    /// `nil` where the proxy does not tell enough, or what no client can have sent.
    package func request(_ head: RequestHead) -> TrialRequest? {
        // What is there twice may be the client's the one time.
        func value(_ name: String) -> String? {
            let values = FieldName(name).map { head.fields.values(of: $0) } ?? []
            return values.count == 1 ? values[0] : nil
        }
        var lines = [(String, String)]()
        for index in head.fields.lines.indices {
            let name = head.fields.name(at: index)
            if !Self.own.contains(name.lowercased()) { lines.append((name, head.fields.value(at: index))) }
        }
        let told: (method: String?, scheme: String?, host: String?, target: String?, address: String?)
        switch self {
        case .nginx:
            told = (
                value("x-original-method"), value("x-original-scheme"), head.authority, value("x-original-uri"),
                value("x-real-ip")
            )
        case .forwarded:
            let last = value("x-forwarded-for")?.split(separator: ",").last.map {
                $0.trimmingPrefix(while: \.isWhitespace)
            }
            told = (
                value("x-forwarded-method"), value("x-forwarded-proto"), value("x-forwarded-host"),
                value("x-forwarded-uri"), last.map(String.init)
            )
        }
        guard let method = told.method, let target = told.target, let host = told.host,
            let address = told.address.flatMap(IPAddress.init)
        else { return nil }
        var request = TrialRequest(
            method: method,
            scheme: told.scheme ?? "http",
            authority: host,
            target: target,
            lines: lines,
            peer: address
        )
        // Neither sends the body.
        request?.take(ByteBuffer(), isWhole: false, overHTTP1: false)
        return request
    }
}
