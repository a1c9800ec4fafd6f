internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where a WebSocket server listens: `wss://relay.example.com/v1`.
package struct WebSocketAddress: Hashable, Sendable {
    package let isSecure: Bool
    /// A name, or an address without brackets.
    package let host: String
    package let port: Int
    /// Begins with a slash; with the query.
    package let target: String

    /// `nil` for anything but `ws://` and `wss://` with a host, and for user names and fragments.
    package init?(parsing text: String) {
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "wss" || scheme == "ws", let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, parts.fragment == nil
        else { return nil }
        isSecure = scheme == "wss"
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard !name.isEmpty, IPAddress(name) != nil || name.utf8.allSatisfy({ ASCII.isTokenByte($0) }) else {
            return nil
        }
        self.host = name.lowercased()
        port = parts.port ?? (isSecure ? 443 : 80)
        guard (1...65_535).contains(port) else { return nil }
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        guard path.hasPrefix("/") else { return nil }
        target = parts.percentEncodedQuery.map { "\(path)?\($0)" } ?? path
    }

    /// For a `Host` field: with the port where it is not the usual one.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }
}

extension WebSocketAddress: CustomStringConvertible {
    package var description: String { "\(isSecure ? "wss" : "ws")://\(authority)\(target)" }
}
