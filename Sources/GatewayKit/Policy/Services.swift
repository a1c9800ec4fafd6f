public import Logging

/// What the gateway offers to a plugin that is being made. Holding on to it is fine.
public struct Services: Sendable {
    public var registry: Registry
    public var time: TimeSource
    public var logger: Logger
    /// Not started yet when plugins are made.
    public var store: any Store
    /// Not started yet when plugins are made.
    public var lightning: any LightningBackend
    /// Not started yet when plugins are made; knows nothing in a policy without `rates`.
    public var rates: any ExchangeRates
    public var revocations: RevocationList
    /// Shared by everything that has the node make invoices.
    public var invoiceBudget: InvoiceBudget
    /// Through which everything asks for invoices.
    public var invoiceCheck: InvoiceCheck
    /// What the node has told of lately.
    public var settlements: SettlementNews
    /// What plugins of the policy share beyond their routes.
    public var parts: SharedParts
    /// The folder for keys and data; may not exist yet when plugins are made.
    public var dataFolder: String
    /// The route that the plugin is made for; empty for backends and stores.
    public var route: String
    /// The service of that route.
    public var service: String
    /// What the `auth` of that route sells; empty for it and for the stages before it.
    public var sales: RouteSales
    /// The upstreams of the policy, by name.
    public var upstreams: [String: Upstream]

    public init(
        registry: Registry,
        time: TimeSource = .system,
        logger: Logger,
        store: any Store,
        lightning: any LightningBackend,
        rates: (any ExchangeRates)? = nil,
        revocations: RevocationList = RevocationList(),
        invoiceBudget: InvoiceBudget = InvoiceBudget(),
        invoiceCheck: InvoiceCheck? = nil,
        settlements: SettlementNews = SettlementNews(),
        parts: SharedParts = SharedParts(),
        dataFolder: String,
        route: String = "",
        service: String = "",
        sales: RouteSales = RouteSales(),
        upstreams: [String: Upstream] = [:]
    ) {
        self.registry = registry
        self.time = time
        self.logger = logger
        self.store = store
        self.lightning = lightning
        self.rates = rates ?? NoExchangeRates()
        self.revocations = revocations
        self.invoiceBudget = invoiceBudget
        self.invoiceCheck = invoiceCheck ?? InvoiceCheck(time: time)
        self.settlements = settlements
        self.parts = parts
        self.dataFolder = dataFolder
        self.route = route
        self.service = service
        self.sales = sales
        self.upstreams = upstreams
    }

    // MARK: Plugins that name plugins

    /// Makes the plugin that a node names: `word`, `{ use: word, ... }` or `{ word: settings }`.
    /// Notes a mistake and returns `nil` when there is none of that word or it does not like its settings.
    public func scheme(_ node: PolicyNode, in settings: PolicyReader) -> (any AuthScheme)? {
        make(
            node,
            kind: "auth scheme",
            from: registry.schemes.mapValues { type in
                { try type.init(from: &$0, $1) as any AuthScheme }
            },
            in: settings
        )
    }

    public func verifier(_ node: PolicyNode, in settings: PolicyReader) -> ListedVerifier? {
        let local = registry.verifiers.mapValues { type in
            { (reader: inout PolicyReader, services: Services) in
                ListedVerifier.local(try type.init(from: &reader, services))
            }
        }
        let remote = registry.remoteVerifiers.mapValues { type in
            { (reader: inout PolicyReader, services: Services) in
                ListedVerifier.remote(try type.init(from: &reader, services))
            }
        }
        return make(
            node,
            kind: "caveat verifier",
            from: local.merging(remote) { local, _ in local },
            in: settings
        )
    }

    public func pricer(_ node: PolicyNode, in settings: PolicyReader) -> (any Pricer)? {
        make(
            node,
            kind: "pricer",
            from: registry.pricers.mapValues { type in
                { try type.init(from: &$0, $1) as any Pricer }
            },
            in: settings
        )
    }

    public func backend(_ node: PolicyNode, in settings: PolicyReader) -> (any LightningBackend)? {
        make(
            node,
            kind: "Lightning backend",
            from: registry.backends.mapValues { type in
                { try type.init(from: &$0, $1) as any LightningBackend }
            },
            in: settings
        )
    }

    public func store(_ node: PolicyNode, in settings: PolicyReader) -> (any Store)? {
        make(
            node,
            kind: "store",
            from: registry.stores.mapValues { type in
                { try type.init(from: &$0, $1) as any Store }
            },
            in: settings
        )
    }

    private func make<Product>(
        _ node: PolicyNode,
        kind: String,
        from makers: [String: (inout PolicyReader, Services) throws -> Product],
        in settings: PolicyReader
    ) -> Product? {
        settings.tellPlugin(kind, at: node.place)
        guard let named = Self.named(node, kind: kind, in: settings) else { return nil }
        guard let make = makers[named.word] else {
            let words = makers.keys.sorted()
            let hint = Guess.hint(for: named.word, among: words)
            settings.note(
                named.place,
                "unknown \(kind) '\(named.word)'\(hint); there is \(words.isEmpty ? "none" : words.joined(separator: ", "))",
                rule: .unknownPlugin
            )
            return nil
        }
        var reader = settings.reader(for: named.settings, word: named.word, ignoring: named.usesKey ? ["use"] : [])
        defer { reader.finish() }
        do {
            return try make(&reader, self)
        } catch {
            reader.note(error)
            return nil
        }
    }

    private static func named(
        _ node: PolicyNode,
        kind: String,
        in settings: PolicyReader
    ) -> (word: String, place: Place, settings: PolicyNode, usesKey: Bool)? {
        switch node.content {
        case .text(let word):
            return (word, node.place, PolicyNode(.empty, at: node.place), false)
        case .map(let entries):
            if let use = entries.first(where: { $0.key == "use" }) {
                guard case .text(let word) = use.value.content else {
                    settings.note(use.value.place, "'use' should be the word of a \(kind), not \(use.value.kind)")
                    return nil
                }
                return (word, use.value.place, node, true)
            }
            if entries.count == 1, let entry = entries.first {
                return (entry.key, entry.keyPlace, entry.value, false)
            }
            settings.note(node.place, "a \(kind) is a word, or { use: word, ... }")
            return nil
        case .empty, .reference, .list:
            settings.note(node.place, "expected a \(kind): a word, or { use: word, ... }, not \(node.kind)")
            return nil
        }
    }
}
