package import GatewayKit

/// How a price in another currency was converted, as a challenge says it: a member of its `opaque`, beside what is sold.
/// So nobody who has the challenge can say afterwards that it was another rate, and the price holds while it lives.
package struct QuotedPrice: Sendable {
    private static let member = "q"

    /// `{ price, rate, sources, time }`.
    package let value: JSONValue

    /// What a receipt says of it.
    var receiptMember: JSONValue.Member { .init("quote", value) }

    /// The `opaque` of a scope with a conversion in it.
    package static func opaque(_ scope: String, with conversion: Conversion) -> String {
        guard case .object(let members)? = Self.object(in: scope) else { return scope }
        return Base64.url.encoded(JSONValue.object(members + [.init(member, conversion.value)]).canonical)
    }

    /// Reads the `opaque` of a challenge; `nil` where it holds none, or is not that of the scope otherwise.
    package init?(in opaque: String, beside scope: String) {
        guard case .object(let members)? = Self.object(in: opaque),
            let quoted = members.first(where: { $0.name == Self.member })?.value
        else { return nil }
        let rest = JSONValue.object(members.filter { $0.name != Self.member })
        guard Base64.url.encoded(rest.canonical).utf8.elementsEqual(scope.utf8) else { return nil }
        value = quoted
    }

    private static func object(in opaque: String) -> JSONValue? {
        Base64.url.decoded(opaque).flatMap { try? JSONReader.value(of: $0) }
    }
}
