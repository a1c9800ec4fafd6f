package import GatewayKit

/// `service`: the caveat `services=name:tier,…` says what the credential was bought for.
package struct ServiceVerifier: CaveatVerifier, Plugin {
    package static let word = "service"
    static let services = "services"

    private let service: String
    /// What is sold most: this service alone, in its first tier.
    private let usual: String

    package init(from settings: inout PolicyReader, _ services: Services) {
        service = services.service
        usual = "\(service):0"
    }

    package var condition: String { Self.services }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        if caveat.value == usual, service == exchange.route.service { return true }
        return ServiceList(caveat.value)?.contains(exchange.route.service) ?? false
    }

    /// By name; tiers do not count.
    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = ServiceList(earlier.value), let later = ServiceList(later.value) else { return false }
        return later.isSubset(of: earlier)
    }

    package func rejection(of caveat: Caveat) -> Rejection {
        Rejection(.service, "the credential was bought for another service")
    }
}
