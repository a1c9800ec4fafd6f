package import GatewayKit

/// Checks that every caveat of the credential is understood, permits this request, and only narrows those before it.
///
/// A credential that fails is taken off the exchange and the reason left there: the `price` stage answers with a fresh
/// challenge that says why.
package struct CaveatsStage: StagePlugin {
    package static let word = "caveats"
    package static let reads: [StageInput] = [.credential]
    package static let provides: [StageInput] = [.caveats]

    /// Caveats that a credential may carry. A holder adds them for nothing, and each is compared with those before it.
    package static let most = 128

    private let verifiers: [any CaveatVerifier]
    private let ignored: [String]
    /// False where a verifier could not be made: what seems to be missing may be that one.
    private let isWhole: Bool
    /// Some verifier asks about bodies.
    private let readsBody: Bool

    /// - Parameter ignored: conditions that may stand in a credential although nothing verifies them.
    package init(_ verifiers: [any CaveatVerifier], ignoring ignored: [String] = []) {
        self.verifiers = verifiers
        self.ignored = ignored
        isWhole = true
        readsBody = verifiers.contains { $0.bodyLimit != nil }
    }

    package init(from settings: inout PolicyReader, _ services: Services) throws {
        var nodes = [PolicyNode]()
        var ignored = [PolicyNode]()
        if let shorthand = settings.shorthand() {
            if case .list(let list) = shorthand.content {
                nodes = list
            } else {
                nodes = [shorthand]
            }
        } else if settings.contains("use") || settings.contains("allow") {
            nodes = [settings.whole()]
        } else {
            nodes = settings.nodes("verify")
            ignored = settings.nodes("ignore")
        }
        if nodes.isEmpty, ignored.isEmpty {
            settings.note(settings.place, "'caveats' needs a verifier: a list such as [expires, service]")
        }
        verifiers = Self.verifiers(nodes, in: settings, services)
        readsBody = verifiers.contains { $0.bodyLimit != nil }
        self.ignored = Self.conditions(ignored, beside: verifiers, in: settings)
        let made = verifiers.count + self.ignored.count
        isWhole = made > 0 && made == nodes.count + ignored.count
    }

    private static func verifiers(
        _ nodes: [PolicyNode],
        in settings: PolicyReader,
        _ services: Services
    ) -> [any CaveatVerifier] {
        var verifiers = [any CaveatVerifier]()
        for node in nodes {
            guard let verifier = verifier(node, in: settings, services) else { continue }
            if verifiers.contains(where: { $0.condition == verifier.condition }) {
                settings.note(node.place, "the condition '\(verifier.condition)' is verified twice")
            }
            verifiers.append(verifier)
        }
        return verifiers
    }

    /// A verifier that is named, or one that the policy describes itself: `{ condition: ..., allow: ... }`.
    private static func verifier(
        _ node: PolicyNode,
        in settings: PolicyReader,
        _ services: Services
    ) -> (any CaveatVerifier)? {
        guard case .map(let entries) = node.content, !entries.contains(where: { $0.key == "use" }),
            entries.contains(where: { $0.key == "allow" || $0.key == "condition" })
        else { return services.verifier(node, in: settings) }
        var reader = settings.reader(for: node, word: word)
        defer { reader.finish() }
        return try? ExpressionCaveat(from: &reader, services)
    }

    private static func conditions(
        _ nodes: [PolicyNode],
        beside verifiers: [any CaveatVerifier],
        in settings: PolicyReader
    ) -> [String] {
        var conditions = [String]()
        for node in nodes {
            guard let condition = settings.text(of: node, expected: "'ignore' should be a list of conditions") else {
                continue
            }
            if verifiers.contains(where: { $0.condition == condition }) {
                settings.note(node.place, "the condition '\(condition)' is both verified and ignored")
            }
            conditions.append(condition)
        }
        return conditions
    }

    package var summary: String {
        let verified = verifiers.map { verifier in
            (verifier as? ExpressionCaveat)?.summary ?? PluginWord.of(verifier) ?? verifier.condition
        }.joined(separator: ", ")
        guard !ignored.isEmpty else { return verified }
        return (verified.isEmpty ? "" : verified + "; ") + "ignoring " + ignored.joined(separator: ", ")
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard isWhole else { return nil }
        for verifier in verifiers {
            if let verdict = verifier.verdict(on: sold) { return verdict }
        }
        return ignored.contains(sold.condition) ? .ignored : .unknown
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        guard let credential = exchange.credential else {
            exchange.looked(at: "credential", exchange.rejection == nil ? "none" : "none that counts")
            return .now(.next)
        }
        for caveat in exchange.isExplained ? credential.caveats : [] {
            exchange.looked(at: "caveat", "\(caveat)")
        }
        if readsBody, let limit = bodyLimit(for: credential, in: exchange) {
            return exchange.readJSON(upTo: limit).map { self.decide(about: credential, in: exchange) }
        }
        return .now(decide(about: credential, in: exchange))
    }

    /// How much of the body the caveats of a credential ask about; `nil`: nothing.
    private func bodyLimit(for credential: Credential, in exchange: Exchange) -> ByteCount? {
        var limit: ByteCount?
        for caveat in credential.caveats.prefix(Self.most) {
            guard let position = verifier(of: caveat, in: exchange), let asked = verifiers[position].bodyLimit else {
                continue
            }
            limit = max(limit ?? asked, asked)
        }
        return limit
    }

    private func decide(about credential: Credential, in exchange: Exchange) -> Decision {
        if let rejection = rejection(of: credential, in: exchange) {
            exchange.credential = nil
            exchange.caveatsHold = false
            exchange.rejection = rejection
        } else {
            exchange.caveatsHold = true
        }
        return .next
    }

    /// The caveats of a credential are then nobody's to check, and it counts with any.
    package func standAside(_ exchange: Exchange) {
        if exchange.credential != nil { exchange.caveatsHold = true }
    }

    /// Why the credential does not count; `nil` when every caveat holds, which costs no allocation.
    private func rejection(of credential: Credential, in exchange: Exchange) -> Rejection? {
        let caveats = credential.caveats
        guard caveats.count <= Self.most else {
            return Rejection(.malformed, "the credential has more than \(Self.most) caveats")
        }
        for index in caveats.indices {
            if let rejection = rejection(ofCaveatAt: index, among: caveats, in: exchange) { return rejection }
        }
        return nil
    }

    /// Why one caveat of a credential refuses the request; `nil` when it holds, and only narrows those before it.
    package func rejection(ofCaveatAt index: Int, among caveats: [Caveat], in exchange: Exchange) -> Rejection? {
        let caveat = caveats[index]
        guard let position = verifier(of: caveat, in: exchange) else {
            if ignored.contains(caveat.condition) { return nil }
            // A caveat without '=' is all condition, and as long as its holder likes.
            let condition = caveat.condition.prefix(64)
            return Rejection(.unknownCaveat, "the caveat '\(condition)' is not understood on this route")
        }
        let verifier = verifiers[position]
        guard verifier.allows(caveat, exchange) else { return verifier.rejection(of: caveat) }
        if let earlier = predecessor(of: index, verifiedBy: position, caveats, in: exchange),
            !verifier.narrows(earlier, to: caveat)
        {
            return Rejection(
                .widened,
                "a later caveat '\(caveat.condition)' of the credential permits more than an earlier one"
            )
        }
        return nil
    }

    private func verifier(of caveat: Caveat, in exchange: Exchange) -> Int? {
        for position in verifiers.indices where verifiers[position].covers(caveat, of: exchange) {
            return position
        }
        return nil
    }

    /// The last caveat before `index` of the same condition that the same verifier understands.
    private func predecessor(
        of index: Int,
        verifiedBy position: Int,
        _ caveats: [Caveat],
        in exchange: Exchange
    ) -> Caveat? {
        for earlier in stride(from: index - 1, through: 0, by: -1)
        where caveats[earlier].condition == caveats[index].condition
            && verifier(of: caveats[earlier], in: exchange) == position
        {
            return caveats[earlier]
        }
        return nil
    }
}
