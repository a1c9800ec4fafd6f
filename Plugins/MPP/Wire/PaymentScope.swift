internal import Crypto
package import GatewayKit
internal import HTTPTypes

/// What a challenge sells: one service, on one route, for one method and one path with its query, and for a call of
/// JSON-RPC what it calls with which parameters. Stands in `opaque`, so that what was bought for one opens no other.
package struct PaymentScope: Sendable, Hashable {
    package let opaque: String

    /// A bundle, from which many requests of a service draw.
    package init(ofBundle service: String) {
        opaque = Base64.url.encoded(JSONValue.texts([("b", service)]).canonical)
    }

    /// - Parameters:
    ///   - binding: what else of the request the price was made of.
    ///   - digestLimit: the longest parameters of a call that are bound, in their canonical form.
    package init(of exchange: Exchange, binding: PriceBinding = PriceBinding(), digestLimit: ByteCount) {
        let request = exchange.request
        self.init(
            service: exchange.route.service,
            route: exchange.route.name,
            method: request.method.rawValue,
            target: request.target,
            more: (exchange[JSONRPCCall.self].map { Self.members(of: $0, digestLimit: digestLimit) } ?? [])
                + binding.members(of: request)
        )
    }

    private static func members(of call: JSONRPCCall, digestLimit: ByteCount) -> [(String, String?)] {
        let params = call.params?.canonical.utf8
        let isBound = params.map { $0.count <= digestLimit.bytes } ?? false
        return [
            ("c", name(of: call.method)), ("n", call.name.map(name)),
            ("a", isBound ? params.map { Base64.url.encoded(Array(SHA256.hash(data: Array($0)))) } : nil),
        ]
    }

    /// - Parameter target: the path in its normal form, and the query.
    package init(
        service: String,
        route: String,
        method: String,
        target: String,
        more: [(String, String?)] = []
    ) {
        opaque = Base64.url.encoded(
            JSONValue.texts([("m", method), ("p", Self.name(of: target)), ("r", route), ("s", service)] + more)
                .canonical
        )
    }

    /// The target itself where that is short and plain, otherwise its hash.
    private static func name(of target: String) -> String {
        if target.utf8.count <= 256, target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return target }
        let text = Array(target.utf8)
        return "sha-256:" + Base64.url.encoded(Array(SHA256.hash(data: text)))
    }
}
