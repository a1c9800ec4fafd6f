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
        if let standIn = run.storeStandIn { services.store = standIn }
        services.lightning = lightning(services, lightningSettings)
        let ratesSettings = WrittenSettings(declarations.rates?.value, references: run.references)
        services.rates = rates(services, ratesSettings)
        if let standIns = run.standIns { services = standIns(services) }
        let upstreams = declarations.upstreams.compactMap { Upstream.one(from: $0, run: run) }.map(current)
        services.upstreams = Dictionary(upstreams.map { ($0.name, $0) }) { first, _ in first }
        let listeners = ListenerSettings.list(from: declarations.listen, run: run)
        let admin = AdminListener.one(from: declarations.admin, beside: listeners, run: run)
        let accessLog = AccessLogSettings.one(from: declarations.accessLog, run: run)
        let reload = ReloadSettings.one(from: declarations.reload, run: run)
        let invoices = InvoiceLimits.one(from: declarations.invoices, run: run)

        let trace = TraceSettings.one(from: declarations.trace, run: run)
        for allowed in declarations.allowances {
            run.allowances.read(allowed, of: nil, run: run)
        }
        let drafts = drafts(services, listeners: listeners.count, trace: trace)
        let routes = drafts.routes
        if declarations.routes.isEmpty, declarations.groups.isEmpty, run.mistakes.all.isEmpty,
            let place = declarations.beginning
        {
            run.note(.noRoutes, place, "the policy has no 'routes'; without one every request is answered 404")
        }
        checkNames(routes)
        checkMatches(routes)
        CallRules(routes, run: run).check()
        let all = routes + drafts.ofListeners.sorted { $0.key < $1.key }.flatMap(\.value)
        SaleRules(all, run: run).check()
        MeterRules(all, run: run).check()
        PreimageRules(all, lightning: services.lightning, run: run).check()
        if declarations.lightning != nil { RefundRules(all, lightning: services.lightning, run: run).check() }
        MoneyLint(routes, run: run).check()
        for others in drafts.ofListeners.values {
            MoneyLint(others, run: run).check()
        }
        checkLightning(all)
        if run.mistakes.all.isEmpty {
            run.allowances.warnOfUnused(run)
        }
        return Plan(
            listeners: listeners,
            admin: admin,
            accessLog: accessLog,
            reload: reload,
            invoices: invoices,
            store: services.store,
            storeSettings: storeSettings,
            lightning: services.lightning,
            lightningName: lightningName,
            lightningSettings: lightningSettings,
            rates: services.rates,
            ratesSettings: ratesSettings,
            routes: routes.map(\.route),
            upstreams: upstreams,
            listenerRoutes: drafts.ofListeners.mapValues { $0.map(\.route) },
            files: declarations.files,
            warnings: run.told(run.warnings),
            settings: declarations.settings,
            secrets: run.references.resolved.written
        )
    }

    // MARK: Routes

    /// Routes once for all listeners, and once more for each one with defaults of its own, by its index.
    private func drafts(_ services: Services, listeners: Int, trace: TraceSettings?) -> (
        routes: [RouteDraft], ofListeners: [Int: [RouteDraft]]
    ) {
        let written =
            declarations.routes.map { WrittenRoute(node: $0) } + RouteGroup.routes(of: declarations.groups, run: run)
        var pipelines = NamedPipelines(declarations.pipelines, run: run)
        var defaults = RouteDefaults(from: declarations.defaults, run: run)
        let layers = ListenerSettings.defaults(of: declarations.listen, run: run)
        func drafts(_ listener: DefaultLayer?) -> [RouteDraft] {
            written.compactMap {
                RouteDraft(
                    from: $0,
                    pipelines: &pipelines,
                    defaults: &defaults,
                    listener: listener,
                    services: services,
                    trace: trace,
                    run: run
                )
            }
        }
        // With one listener there are no routes beside its own.
        let routes = drafts(listeners == 1 ? layers[0] : nil)
        let ofListeners = listeners == 1 ? [:] : layers.mapValues(drafts)
        pipelines.warnOfUnused()
        defaults.warnOfUnused(written.flatMap(\.defaults) + layers.values)
        return (routes, ofListeners)
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
        guard let backend = services.backend(entry.value, in: reader) else { return services.lightning }
        guard !backend.isAttended else { return backend }
        return AttendedBackend(backend, name: "the node", time: services.time, logger: services.logger)
    }

    /// The word and the address: what a secret or a limit is changed to makes no other node of it.
    private var lightningName: String {
        switch declarations.lightning?.value.content {
        case .text(let word)?: return word
        case .map(let entries)?:
            let texts = ["use", "address"].compactMap { key -> String? in
                guard case .text(let text)? = entries.first(where: { $0.key == key })?.value.content else { return nil }
                return text
            }
            return texts.joined(separator: " ")
        default: return ""
        }
    }

    /// Those that are known already, where nothing of them changes.
    private func rates(_ services: Services, _ settings: WrittenSettings) -> any ExchangeRates {
        if let current = run.current, current.ratesSettings == settings { return current.rates }
        guard let entry = declarations.rates else { return services.rates }
        guard let type = services.registry.rates else {
            run.note(.unknownKey, entry.keyPlace, "this gateway knows no rates of other currencies")
            return services.rates
        }
        var reader = run.reader(for: entry.value, word: entry.key)
        defer { reader.finish() }
        do {
            return try type.init(from: &reader, services)
        } catch {
            reader.note(error)
            return services.rates
        }
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
                run.note(
                    .definedTwice,
                    route.place,
                    "the name '\(route.name)' is that of the route at \(place) already"
                )
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
                    .ambiguousRoutes,
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
            .noLightning,
            price.place,
            "'price' needs a node that makes invoices; add 'lightning: { use: \(word) }' to the policy"
        )
    }
}
