internal import GatewayKit
internal import HTTPTypes

extension PolicyTest.Request {
    /// `nil` unless the method is one, and the URL an `http` or `https` one with a host.
    package static func one(method: String, url: String) -> PolicyTest.Request? {
        guard let method = HTTPRequest.Method(method),
            let scheme = ["http", "https"].first(where: { url.hasPrefix("\($0)://") })
        else { return nil }
        let rest = url.dropFirst(scheme.count + 3)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard end > rest.startIndex else { return nil }
        let target = rest[end...].prefix { $0 != "#" }
        return PolicyTest.Request(
            method: method,
            scheme: scheme,
            authority: String(rest[..<end]),
            target: target.hasPrefix("/") ? String(target) : "/\(target)"
        )
    }
}
