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
        return missing(in: caveat.value) == []
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard earlier.condition == later.condition else { return true }
        guard let earlier = CommaSeparated(earlier.value), let later = CommaSeparated(later.value) else { return false }
        return later.allSatisfy { name in
            name.isEmpty || earlier.contains { $0.elementsEqual(name) }
        }
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, let name = missing(in: value)?.first else { return .enforced }
        return .unfulfillable("lacks the capability '\(name)'")
    }

    /// What the route needs and the list lacks; `nil` for a list that is too long to read.
    private func missing(in value: String) -> [String]? {
        guard let names = CommaSeparated(value) else { return nil }
        return required.filter { name in
            !names.contains { $0.elementsEqual(name.utf8) }
        }
    }

    package func rejection(of caveat: Caveat) -> Rejection {
        Rejection(.caveat, "the credential lacks a capability that this route needs")
    }
}
