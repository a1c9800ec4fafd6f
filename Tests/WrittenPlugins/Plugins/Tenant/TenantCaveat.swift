package import GatewayKit

/// `tenant=acme,other`: the credential counts for requests whose
/// field `X-Tenant` names one of these.
package struct TenantCaveat: CaveatVerifier, Plugin {
    package static let word = "tenant"
    package let condition = "tenant"

    package init(from settings: inout PolicyReader, _ services: Services) {}

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard let field = FieldName("X-Tenant") else { return false }
        let sent = exchange.request.fields.values(of: field)
        return !sent.isEmpty && Self.names(in: caveat).isSuperset(of: sent)
    }

    /// A holder may take names away, and adds none.
    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        Self.names(in: later).isSubset(of: Self.names(in: earlier))
    }

    private static func names(in caveat: Caveat) -> Set<String> {
        Set(caveat.value.split(separator: ",").map(String.init))
    }
}
