package import GatewayKit

extension LightningPool {
    /// For an invoice: so that there is time for the next node.
    private static let invoicePatience = Duration.seconds(3)
    private static let ownKeys = ["weight", "daily-limit", "named-only"]

    /// `{ use: pool, choose: order, members: { main: { use: lnd, ... }, spare: { use: phoenixd, ..., weight: 2 } } }`. Beside a
    /// member's own settings stand `weight`, `daily-limit` and `named-only`.
    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        let words = Choice.allCases.map(\.rawValue)
        let choice = settings.choice("choose", of: words, or: Choice.order.rawValue)
        var members = [PoolMember]()
        if var section = settings.section("members") {
            members = section.freeEntries().compactMap { Self.member($0, in: section, services) }
            section.finish()
        }
        if members.isEmpty {
            settings.note(settings.error(at: "members", "should be a map of nodes: { main: { use: lnd, ... } }"))
        } else if members.allSatisfy(\.isNamedOnly) {
            settings.note(
                settings.error(at: "members", "should have one without 'named-only', for routes that name none")
            )
        }
        let tellsAll = members.allSatisfy { $0.backend.capabilities.contains(.subscribe) }
        if !tellsAll, members.contains(where: { $0.dailyLimit != nil }) {
            settings.note(
                settings.error(at: "members", "should all tell of payments by themselves where one has a 'daily-limit'")
            )
        }
        self.init(members, choice: Choice(rawValue: choice) ?? .order, services)
    }

    private static func member(
        _ entry: PolicyNode.Entry,
        in section: PolicyReader,
        _ services: Services
    ) -> PoolMember? {
        var own = section.reader(for: entry.value, word: entry.key)
        let weight = own.integer("weight", in: 1...1_000, or: 1)
        let dailyLimit = own.contains("daily-limit") ? own.amount("daily-limit") : nil
        let isNamedOnly = own.flag("named-only", or: false)
        var node = entry.value
        if case .map(let entries) = node.content {
            node = PolicyNode(.map(entries.filter { !ownKeys.contains($0.key) }), at: node.place)
        }
        guard let backend = services.backend(node, in: section) else { return nil }
        guard backend.memberNames.isEmpty else {
            section.note(entry.value.place, "a pool is made of nodes, not of pools")
            return nil
        }
        let attended: any LightningBackend =
            if backend.isAttended {
                backend
            } else {
                AttendedBackend(
                    backend,
                    name: "the node '\(entry.key)'",
                    invoicePatience: invoicePatience,
                    time: services.time,
                    logger: services.logger
                )
            }
        return PoolMember(
            entry.key,
            at: place(of: entry.value),
            attended,
            weight: weight,
            dailyLimit: dailyLimit,
            isNamedOnly: isNamedOnly
        )
    }

    /// The word and the address, as the policy has them.
    private static func place(of node: PolicyNode) -> String {
        guard case .map(let entries) = node.content else { return "" }
        let texts = ["use", "address"].compactMap { key -> String? in
            guard case .text(let text)? = entries.first(where: { $0.key == key })?.value.content else { return nil }
            return text
        }
        return texts.joined(separator: " ")
    }
}
