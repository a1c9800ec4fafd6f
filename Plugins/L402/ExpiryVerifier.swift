package import GatewayKit

/// `expires`: the caveat `NAME_valid_until=seconds` says until when the credential opens a service, in seconds since
/// 1970.
///
/// That of another service that the same credential was bought for says nothing about this one, and holds.
package struct ExpiryVerifier: CaveatVerifier, Plugin {
    package static let word = "expires"
    static let suffix = "_valid_until"

    private let service: String
    package let condition: String
    private let time: TimeSource

    package init(from settings: inout PolicyReader, _ services: Services) {
        service = services.service
        condition = service + Self.suffix
        time = services.time
    }

    package func covers(_ caveat: Caveat, of exchange: Exchange) -> Bool {
        isOwn(caveat, exchange) || exchange.service(of: caveat.condition, suffix: Self.suffix) != nil
    }

    /// The usual case, without taking the condition apart.
    private func isOwn(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        caveat.condition == condition && service == exchange.route.service
    }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        if !isOwn(caveat, exchange) {
            guard let service = exchange.service(of: caveat.condition, suffix: Self.suffix) else { return false }
            guard exchange.isOwn(service) else { return true }
        }
        guard let end = Self.seconds(caveat.value) else { return false }
        return time.now().seconds < end
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard earlier.condition == later.condition else { return true }
        guard let earlier = Self.seconds(earlier.value), let later = Self.seconds(later.value) else { return false }
        return later <= earlier
    }

    package func rejection(of caveat: Caveat) -> Rejection {
        Rejection(.expired, "the credential is no longer valid")
    }

    /// Decimal digits that fit into 63 bits.
    private static func seconds(_ text: String) -> Int64? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
