internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where a node answers HTTP: `https://127.0.0.1:3010`. What it is asked with is a secret, so that plain `http` is for this
/// machine alone.
package struct NodeAddress: Hashable, Sendable {
    static let form = "a URL such as https://node.example.com:3010; http is for this machine alone"

    /// Without a slash at its end.
    let base: String
    let isSecure: Bool

    /// `nil` for anything else, and for names of users, queries and fragments.
    package init?(parsing text: String) {
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.query == nil,
            parts.fragment == nil
        else { return nil }
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let isHere = name.lowercased() == "localhost" || IPAddress(name)?.isLoopback == true
        guard scheme == "https" || scheme == "http" && isHere else { return nil }
        isSecure = scheme == "https"
        base = text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    private init(onThisMachine port: UInt16, isSecure: Bool) {
        self.isSecure = isSecure
        base = "\(isSecure ? "https" : "http")://127.0.0.1:\(port)"
    }

    /// Where a program listens that was not told otherwise.
    static func onThisMachine(port: UInt16, isSecure: Bool) -> NodeAddress {
        NodeAddress(onThisMachine: port, isSecure: isSecure)
    }
}

extension NodeAddress: CustomStringConvertible {
    package var description: String { base }
}
