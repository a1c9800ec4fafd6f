internal import GatewayKit

extension Exchange {
    /// The service that a condition such as `NAME_valid_until` is about: its own, or another that the credential was
    /// sold for.
    ///
    /// `nil` for any other condition, which is then nobody's and refuses.
    func service(of condition: String, suffix: String) -> Substring? {
        let count = suffix.utf8.count
        guard condition.utf8.count > count, condition.utf8.suffix(count).elementsEqual(suffix.utf8) else { return nil }
        let service = Substring(condition.utf8.dropLast(count))
        if service.utf8.elementsEqual(route.service.utf8) { return service }
        // The first list is the seller's. Those behind it only narrow, and a holder may add many.
        let sold = credential?.caveats.first { $0.condition == ServiceVerifier.services }
        return sold.flatMap { ServiceList($0.value) }?.contains(service) == true ? service : nil
    }

    func isOwn(_ service: Substring) -> Bool {
        service.utf8.elementsEqual(route.service.utf8)
    }
}
