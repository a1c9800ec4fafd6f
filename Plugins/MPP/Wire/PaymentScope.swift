internal import Crypto
package import GatewayKit
internal import HTTPTypes

/// What a challenge sells: one service, on one route, for one method and one path with its query. Stands in `opaque`, so
/// that what was bought for one opens no other.
package struct PaymentScope: Sendable, Hashable {
    package let opaque: String

    package init(of exchange: Exchange) {
        let request = exchange.request
        self.init(
            service: exchange.route.service,
            route: exchange.route.name,
            method: request.method.rawValue,
            target: request.target
        )
    }

    /// - Parameter target: the path in its normal form, and the query.
    package init(service: String, route: String, method: String, target: String) {
        opaque = Base64URL.encoded(
            JSONValue.texts([("m", method), ("p", Self.name(of: target)), ("r", route), ("s", service)]).canonical
        )
    }

    /// The target itself where that is short and plain, otherwise its hash.
    private static func name(of target: String) -> String {
        if target.utf8.count <= 256, target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return target }
        let text = Array(target.utf8)
        return "sha-256:" + Base64URL.encoded(Array(SHA256.hash(data: text)))
    }
}
