package import GatewayKit

/// `{ condition: model, allow: 'request.json.model in caveat.list' }`: a caveat whose meaning the policy says.
///
/// Every caveat of a credential has to hold, so that a later one never gives back what an earlier one took. What is
/// `widened` is refused all the same: by default each item of a later caveat must stand in the earlier one. `narrows`, an
/// expression with `earlier` and `caveat`, says it for values that are no lists.
package struct ExpressionCaveat: CaveatVerifier, Plugin {
    package static let word = "expression"

    package static let usualBody = ByteCount.kibibytes(64)

    package let condition: String
    package let bodyLimit: ByteCount?
    /// `nil` where a mistake was noted.
    private let allow: Expression?
    private let narrowing: Expression?

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        condition = settings.value(
            "condition",
            or: nil,
            placeholder: "",
            expected: "the name of a caveat, such as model: what stands before its '='"
        ) { text in
            text.isEmpty || text.contains("=") || text.contains(where: \.isWhitespace) ? nil : text
        }
        allow = settings.expression("allow", in: .caveat, services)
        if let node = settings.node("narrows") {
            narrowing = settings.expression(of: node, named: "'narrows'", in: .narrowing, services)
        } else {
            narrowing = try? Expression(
                "caveat.list.all(item, item in earlier.list)",
                in: .narrowing,
                time: services.time
            )
        }
        let readsBody = allow?.readsBody == true
        if !readsBody, allow != nil, settings.contains("body") {
            settings.note(
                settings.error(at: "body", "is for expressions that ask about request.json, which 'allow' does not")
            )
        }
        let limit = settings.byteCount("body", or: Self.usualBody)
        bodyLimit = readsBody ? limit : nil
    }

    package var summary: String {
        "\(condition) if \(allow?.description ?? "")"
    }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        guard case .success(true)? = allow?.holds(for: .exchange(exchange, caveat: caveat)) else { return false }
        return true
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard case .success(true)? = narrowing?.holds(for: .narrowing(earlier, to: later)) else { return false }
        return true
    }
}
