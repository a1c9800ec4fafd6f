package import GatewayKit

/// `capabilities`: the caveat `NAME_capabilities=a,b` says which parts of a service the credential opens.
///
/// A route says which it needs: `capabilities: read`. A credential without such a caveat opens all of the service
/// (L402 macaroon-spec, "Service capabilities").
package struct CapabilitiesVerifier: CaveatVerifier, Plugin {
    package static let word = "capabilities"
    static let suffix = "_capabilities"

    private let service: String
    private let required: [String]

    package init(from settings: inout PolicyReader, _ services: Services) {
        service = services.service
        let expected = "should be a capability or a list of them"
        let nodes: [PolicyNode]
        if let short = settings.shorthand() {
            if case .list(let list) = short.content { nodes = list } else { nodes = [short] }
        } else {
            nodes = settings.nodes("require")
        }
        let reader = settings
        required = nodes.compactMap { node in
            guard let name = reader.text(of: node, expected: "'capabilities' \(expected)") else { return nil }
            guard !L402Terms.isName(name) else { return name }
            reader.note(node.place, "the capability '\(name)' should be \(L402Terms.nameForm)")
            return nil
        }
    }

    package var condition: String { service + Self.suffix }

    package func covers(_ caveat: Caveat, of exchange: Exchange) -> Bool {
        exchange.service(of: caveat.condition, suffix: Self.suffix) != nil
    }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard let service = exchange.service(of: caveat.condition, suffix: Self.suffix) else { return false }
        guard exchange.isOwn(service) else { return true }
        return required.allSatisfy { name in
            CommaSeparated(caveat.value).contains { $0.elementsEqual(name.utf8) }
        }
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard earlier.condition == later.condition else { return true }
        return CommaSeparated(later.value).allSatisfy { name in
            name.isEmpty || CommaSeparated(earlier.value).contains { $0.elementsEqual(name) }
        }
    }

    package func rejection(of caveat: Caveat) -> Rejection {
        Rejection(.caveat, "the credential lacks a capability that this route needs")
    }
}
