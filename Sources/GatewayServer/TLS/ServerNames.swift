internal import GatewayKit

/// Which certificate a client gets for the name that it asks for (RFC 6066 §3).
package struct ServerNames: Sendable {
    private var exact: [String: Int] = [:]
    /// By what follows `*.`.
    private var wildcards: [String: Int] = [:]

    /// - Parameter names: of each certificate, the default first. Of certificates with the same name the first has it.
    package init(_ names: [[String]]) {
        for (index, names) in names.enumerated() {
            for name in names.map(Self.normalized) {
                if name.hasPrefix("*.") {
                    let domain = String(name.dropFirst(2))
                    wildcards[domain] = wildcards[domain] ?? index
                } else {
                    exact[name] = exact[name] ?? index
                }
            }
        }
    }

    /// The position of the certificate: the one with this name, else the one with a wildcard for it, else 0.
    ///
    /// A wildcard stands for one whole label (RFC 9525 §6.3): `*.example.com` is neither for `example.com` nor for
    /// `a.b.example.com`.
    package func index(of name: String?) -> Int {
        guard let name else { return 0 }
        let normalized = Self.normalized(name)
        if let index = exact[normalized] { return index }
        guard let dot = normalized.firstIndex(of: "."), dot > normalized.startIndex else { return 0 }
        return wildcards[String(normalized[normalized.index(after: dot)...])] ?? 0
    }

    /// In lower case and without the dot at the end, which RFC 6066 §3 forbids and some clients send.
    private static func normalized(_ name: String) -> String {
        let lowercase = String(decoding: name.utf8.map(ASCII.lowercased), as: UTF8.self)
        return lowercase.hasSuffix(".") ? String(lowercase.dropLast()) : lowercase
    }
}
