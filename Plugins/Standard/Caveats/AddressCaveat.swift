package import GatewayKit

/// `address=192.0.2.7,2001:db8::/32`: the credential counts only for clients with these addresses.
///
/// A client whose address is not known, on a Unix socket, is never one of them.
package struct AddressCaveat: CaveatVerifier, Plugin {
    package static let word = "address"

    package let condition = "address"

    package init() {}

    package init(from settings: inout PolicyReader, _ services: Services) throws {}

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard let address = exchange.client.address, let networks = Self.networks(caveat.value) else { return false }
        return networks.contains { $0.contains(address) }
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = Self.networks(earlier.value), let later = Self.networks(later.value) else { return false }
        return later.allSatisfy { network in earlier.contains { $0.contains(network) } }
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, Self.networks(value) != nil else {
            return .unfulfillable("is no list of addresses such as 192.0.2.7,2001:db8::/32")
        }
        return .enforced
    }

    /// `nil` unless all of them can be read.
    private static func networks(_ value: String) -> [Network]? {
        var networks = [Network]()
        for text in CommaList(value) {
            guard networks.count < CommaList.most, let network = Network(parsing: Substring(text)) else { return nil }
            networks.append(network)
        }
        return networks
    }
}
