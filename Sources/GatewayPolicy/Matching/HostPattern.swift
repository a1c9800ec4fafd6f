internal import GatewayKit

/// The hosts that a route is for. Compared without the port and in any case of letters.
package enum HostPattern: Hashable, Sendable {
    case any
    /// In lower case, an IPv6 address without its brackets.
    case exact(String)
    /// Every name below this one, however deep, and not the name itself: `*.example.com`.
    case below(String)

    init(parsing text: String, at place: Place) throws(PolicyMistake) {
        let name = text.lowercased()
        let isWildcard = name.hasPrefix("*.")
        let rest = isWildcard ? String(name.dropFirst(2)) : name
        if !isWildcard {
            let bare = rest.hasPrefix("[") && rest.hasSuffix("]") ? String(rest.dropFirst().dropLast()) : rest
            if let address = IPAddress(bare), !address.isV4 {
                self = .exact(bare)
                return
            }
        }
        guard !rest.contains(":") else {
            throw PolicyMistake(place, "'host' is matched without the port: '\(text.prefix { $0 != ":" })'")
        }
        guard PolicyName.isValid(rest), !rest.hasPrefix("."), !rest.hasSuffix(".") else {
            throw PolicyMistake(
                place,
                "'host' should be a name such as api.example.com or *.example.com, not '\(text)'"
            )
        }
        self = isWildcard ? .below(rest) : .exact(rest)
    }
}

extension HostPattern: CustomStringConvertible {
    /// As a policy writes it; empty for any host.
    package var description: String {
        switch self {
        case .any: ""
        case .exact(let name): name
        case .below(let name): "*.\(name)"
        }
    }
}
