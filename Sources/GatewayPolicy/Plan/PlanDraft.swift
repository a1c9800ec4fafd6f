internal import GatewayKit

/// Makes a plan of what the files declare. Where a mistake was noted, something harmless stands in: such a plan is never
/// used.
struct PlanDraft {
    private let declarations: Declarations
    private let run: LoadingRun

    init(_ declarations: Declarations, run: LoadingRun) {
        self.declarations = declarations
        self.run = run
    }

    func plan() -> Plan {
        var services = run.services
        let storeSettings = WrittenSettings(declarations.store?.value, references: run.references)
        let lightningSettings = WrittenSettings(declarations.lightning?.value, references: run.references)
        services.store = store(services, storeSettings)
        services.lightning = lightning(services, lightningSettings)
        let upstreams = declarations.upstreams.compactMap { Upstream.one(from: $0, run: run) }.map(current)
        services.upstreams = Dictionary(upstreams.map { ($0.name, $0) }) { first, _ in first }
        let listeners = ListenerSettings.list(from: declarations.listen, run: run)
        let admin = AdminListener.one(from: declarations.admin, beside: listeners, run: run)
        let accessLog = AccessLogSettings.one(from: declarations.accessLog, run: run)
        let reload = ReloadSettings.one(from: declarations.reload, run: run)

        var pipelines = NamedPipelines(declarations.pipelines, run: run)
        let routes = declarations.routes.compactMap {
            RouteDraft(from: $0, pipelines: &pipelines, services: services, run: run)
        }
        pipelines.warnOfUnused()
        if declarations.routes.isEmpty, run.mistakes.all.isEmpty, let place = declarations.beginning {
            run.note(place, "the policy has no 'routes'; without one every request is answered 404")
        }
        checkNames(routes)
        checkMatches(routes)
        CallRules(routes, run: run).check()
        SaleRules(routes, run: run).check()
        checkLightning(routes)
        return Plan(
            listeners: listeners,
            admin: admin,
            accessLog: accessLog,
            reload: reload,
            store: services.store,
            storeSettings: storeSettings,
            lightning: services.lightning,
            lightningSettings: lightningSettings,
            routes: routes.map(\.route),
            upstreams: upstreams,
            files: declarations.files,
            warnings: run.told(run.warnings)
        )
    }

    // MARK: Services

    /// `sqlite` where the policy names none.
    private func store(_ services: Services, _ settings: WrittenSettings) -> any Store {
        let fallback = Place(file: "(default)", line: 1, column: 1)
        if let current = run.current {
            if current.storeSettings != settings { noteRestart(declarations.store, "store") }
            return current.store
        }
        guard let entry = declarations.store else {
            guard services.registry.stores["sqlite"] != nil else { return services.store }
            let node = PolicyNode(.text("sqlite"), at: declarations.beginning ?? fallback)
            return services.store(node, in: run.reader(for: node, word: "store")) ?? services.store
        }
        return services.store(entry.value, in: run.reader(for: entry.value, word: entry.key)) ?? services.store
    }

    private func lightning(_ services: Services, _ settings: WrittenSettings) -> any LightningBackend {
        if let current = run.current {
            if current.lightningSettings != settings { noteRestart(declarations.lightning, "lightning") }
            return current.lightning
        }
        guard let entry = declarations.lightning else { return services.lightning }
        let reader = run.reader(for: entry.value, word: entry.key)
        return services.backend(entry.value, in: reader) ?? services.lightning
    }

    /// What is sold is kept there, and invoices that are open will be paid there.
    private func noteRestart(_ entry: PolicyNode.Entry?, _ key: String) {
        guard let place = entry?.keyPlace ?? declarations.beginning else { return }
        run.note(place, "'\(key)' is not what the gateway runs with: that takes a new start, not a reload")
    }

    /// The one that is served already, with its connections and what is known of its health, where nothing of it changes.
    private func current(_ upstream: Upstream) -> Upstream {
        run.current?.upstreams.first { $0.isAlike(upstream) } ?? upstream
    }

    // MARK: Rules between routes

    private func checkNames(_ routes: [RouteDraft]) {
        var first = [String: Place]()
        for route in routes where !route.name.isEmpty {
            if let place = first[route.name] {
                run.note(route.place, "the name '\(route.name)' is that of the route at \(place) already")
            } else {
                first[route.name] = route.place
            }
        }
    }

    private func checkMatches(_ routes: [RouteDraft]) {
        let routes = routes.filter(\.isMatchRead)
        var earlier = EarlierMatches()
        for route in routes {
            if let first = earlier.first(ambiguousWith: route.match).map({ routes[$0] }) {
                run.note(
                    route.matchPlace,
                    "some requests match both this route and '\(first.name)' (\(first.matchPlace)), and neither is more"
                        + " specific"
                )
            }
            earlier.add(route.match)
        }
    }

    private func checkLightning(_ routes: [RouteDraft]) {
        guard declarations.lightning == nil else { return }
        let prices = routes.flatMap(\.steps).filter { $0.word == PipelineRules.price }
        guard let price = prices.first else { return }
        let words = run.services.registry.backends.keys.sorted()
        let word = words.contains("dev") ? "dev" : words.first ?? "dev"
        run.note(
            price.place,
            "'price' needs a node that makes invoices; add 'lightning: { use: \(word) }' to the policy"
        )
    }
}
