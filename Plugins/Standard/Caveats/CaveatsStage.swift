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
    /// Asked about what none of `verifiers` covers, each once for all of its caveats.
    private let remoteVerifiers: [any RemoteCaveatVerifier]
    private let ignored: [String]
    /// False where a verifier could not be made: what seems to be missing may be that one.
    private let isWhole: Bool
    /// Some verifier asks about bodies.
    private let readsBody: Bool
    /// Those that take something for a request.
    let reserving: [any ReservingVerifier]

    /// - Parameter ignored: conditions that may stand in a credential although nothing verifies them.
    package init(
        _ verifiers: [any CaveatVerifier],
        remote remoteVerifiers: [any RemoteCaveatVerifier] = [],
        ignoring ignored: [String] = []
    ) {
        self.verifiers = verifiers
        self.remoteVerifiers = remoteVerifiers
        self.ignored = ignored
        isWhole = true
        readsBody = verifiers.contains { $0.bodyLimit != nil }
        reserving = verifiers.compactMap { $0 as? any ReservingVerifier }
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
        (verifiers, remoteVerifiers) = Self.verifiers(nodes, in: settings, services)
        readsBody = verifiers.contains { $0.bodyLimit != nil }
        reserving = verifiers.compactMap { $0 as? any ReservingVerifier }
        let covered = verifiers.map(\.condition) + remoteVerifiers.flatMap { $0.conditions ?? [] }
        self.ignored = Self.conditions(ignored, beside: covered, in: settings)
        let made = verifiers.count + remoteVerifiers.count + self.ignored.count
        isWhole = made > 0 && made == nodes.count + ignored.count
    }

    private static func verifiers(
        _ nodes: [PolicyNode],
        in settings: PolicyReader,
        _ services: Services
    ) -> ([any CaveatVerifier], [any RemoteCaveatVerifier]) {
        var (local, remote) = ([any CaveatVerifier](), [any RemoteCaveatVerifier]())
        var conditions = Set<String>()
        for node in nodes {
            guard let verifier = verifier(node, in: settings, services) else { continue }
            let added: [String]
            switch verifier {
            case .local(let verifier):
                local.append(verifier)
                added = [verifier.condition]
            case .remote(let verifier):
                remote.append(verifier)
                added = verifier.conditions ?? []
            }
            for condition in added where !conditions.insert(condition).inserted {
                settings.note(node.place, "the condition '\(condition)' is verified twice")
            }
        }
        return (local, remote)
    }

    /// A verifier that is named, or one that the policy describes itself: `{ condition: ..., allow: ... }`.
    private static func verifier(
        _ node: PolicyNode,
        in settings: PolicyReader,
        _ services: Services
    ) -> ListedVerifier? {
        guard case .map(let entries) = node.content, !entries.contains(where: { $0.key == "use" }),
            entries.contains(where: { $0.key == "allow" || $0.key == "condition" })
        else { return services.verifier(node, in: settings) }
        var reader = settings.reader(for: node, word: word)
        defer { reader.finish() }
        return (try? ExpressionCaveat(from: &reader, services)).map { .local($0) }
    }

    private static func conditions(
        _ nodes: [PolicyNode],
        beside verified: [String],
        in settings: PolicyReader
    ) -> [String] {
        var conditions = [String]()
        for node in nodes {
            guard let condition = settings.text(of: node, expected: "'ignore' should be a list of conditions") else {
                continue
            }
            if verified.contains(condition) {
                settings.note(node.place, "the condition '\(condition)' is both verified and ignored")
            }
            conditions.append(condition)
        }
        return conditions
    }

    package var summary: String {
        let local = verifiers.map { verifier in
            (verifier as? ExpressionCaveat)?.summary ?? PluginWord.of(verifier) ?? verifier.condition
        }
        let verified = (local + remoteVerifiers.map(\.summary)).joined(separator: ", ")
        guard !ignored.isEmpty else { return verified }
        return (verified.isEmpty ? "" : verified + "; ") + "ignoring " + ignored.joined(separator: ", ")
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard isWhole else { return nil }
        for verifier in verifiers {
            if let verdict = verifier.verdict(on: sold) { return verdict }
        }
        for verifier in remoteVerifiers {
            if let verdict = verifier.verdict(on: sold) { return verdict }
        }
        return ignored.contains(sold.condition) ? .ignored : .unknown
    }

    package func admit(_ exchange: Exchange) throws -> Eventually<Decision> {
        try decision(about: exchange, reserves: !reserving.isEmpty)
    }

    /// Takes nothing.
    package func preview(_ exchange: Exchange) throws -> Eventually<Decision> {
        try decision(about: exchange, reserves: false)
    }

    private func decision(about exchange: Exchange, reserves: Bool) throws -> Eventually<Decision> {
        guard let credential = exchange.credential else {
            exchange.looked(at: "credential", exchange.rejection == nil ? "none" : "none that counts")
            return .now(.next)
        }
        for caveat in exchange.isExplained ? credential.caveats : [] {
            exchange.looked(at: "caveat", "\(caveat)")
        }
        if readsBody, let limit = bodyLimit(for: credential, in: exchange) {
            return try exchange.readJSON(upTo: limit).flatMap {
                try self.decide(about: credential, in: exchange, reserves: reserves)
            }
        }
        return try decide(about: credential, in: exchange, reserves: reserves)
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

    private func decide(
        about credential: Credential,
        in exchange: Exchange,
        reserves: Bool
    ) throws -> Eventually<Decision> {
        if let rejection = rejection(of: credential, in: exchange) {
            return .now(conclude(rejection, in: exchange))
        }
        guard !remoteVerifiers.isEmpty || reserves else { return .now(conclude(nil, in: exchange)) }
        return try remoteRejection(of: credential.caveats, by: 0, in: exchange).flatMap { rejection in
            let decision = self.conclude(rejection, in: exchange)
            guard reserves, rejection == nil else { return .now(decision) }
            return try self.reserve(from: 0, for: credential, in: exchange)
        }
    }

    func conclude(_ rejection: Rejection?, in exchange: Exchange) -> Decision {
        exchange.caveatsHold = rejection == nil
        if let rejection {
            exchange.credential = nil
            exchange.rejection = rejection
        }
        return .next
    }

    /// What the remote verifiers from one on say, one after the other: nearly always there is one.
    private func remoteRejection(
        of caveats: [Caveat],
        by position: Int,
        in exchange: Exchange
    ) throws -> Eventually<Rejection?> {
        guard position < remoteVerifiers.count else { return .now(nil) }
        let own = caveats.filter { remotePosition(of: $0, in: exchange) == position }
        guard !own.isEmpty else { return try remoteRejection(of: caveats, by: position + 1, in: exchange) }
        return try remoteVerifiers[position].rejection(of: own, in: exchange).flatMap { rejection in
            if let rejection { return .now(rejection) }
            return try self.remoteRejection(of: caveats, by: position + 1, in: exchange)
        }
    }

    /// Which of the remote verifiers is asked about a caveat; `nil` where one that answers at once is, or nobody.
    private func remotePosition(of caveat: Caveat, in exchange: Exchange) -> Int? {
        guard verifier(of: caveat, in: exchange) == nil, !ignored.contains(caveat.condition) else { return nil }
        return remoteVerifiers.firstIndex { $0.covers(caveat.condition) }
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
            if ignored.contains(caveat.condition) || remoteVerifiers.contains(where: { $0.covers(caveat.condition) }) {
                return nil
            }
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
