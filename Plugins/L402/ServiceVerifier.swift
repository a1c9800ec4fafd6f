package import GatewayKit

/// `service`: the caveat `services=name:tier,…` says what the credential was bought for.
///
/// A route opens for the tier that its `auth` sells (0 where it sells none by name), and with `higher-tiers: true` for
/// those above it.
package struct ServiceVerifier: CaveatVerifier, Plugin {
    package static let word = "service"
    static let services = "services"

    private let service: String
    private let tier: Int
    private let opensForHigherTiers: Bool
    /// What is sold most: this service alone, in the route's tier.
    private let usual: String

    package init(from settings: inout PolicyReader, _ services: Services) {
        service = services.service
        tier = services.sales.tier(of: L402Scheme.word)
        opensForHigherTiers = settings.flag("higher-tiers", or: false)
        usual = "\(service):\(tier)"
    }

    package var condition: String { Self.services }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        if caveat.value == usual, service == exchange.route.service { return true }
        return ServiceList(caveat.value)?.contains(exchange.route.service, in: isEnough) ?? false
    }

    private func isEnough(_ other: Int) -> Bool {
        other == tier || opensForHigherTiers && other > tier
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = ServiceList(earlier.value), let later = ServiceList(later.value) else { return false }
        return later.isSubset(of: earlier)
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, ServiceList(value)?.contains(service, in: isEnough) == true else {
            return .unfulfillable("is not of tier \(tier)")
        }
        return .enforced
    }

    package func rejection(of caveat: Caveat) -> Rejection {
        guard ServiceList(caveat.value)?.contains(service) == true else {
            return Rejection(.service, "the credential was bought for another service")
        }
        return Rejection(.service, "the credential was bought for another tier of the service; this is tier \(tier)")
    }
}
