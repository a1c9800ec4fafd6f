internal import GatewayKit

/// One entry of `routes`, read but not checked against the others.
struct RouteDraft {
    let name: String
    let service: String
    /// Of the name, or of the route where it has none.
    let place: Place
    let match: RouteMatch
    /// False where a mistake was noted in it: it is not compared with those of other routes.
    let isMatchRead: Bool
    let matchPlace: Place
    private let bodyLimit: ByteCount?
    /// With every `use` replaced.
    let steps: [Step]
    let stages: [any StagePlugin]
    /// One for each of `stages`.
    let planned: [PlannedStage]
    /// As it was read, with what its groups and the defaults say for it; without the pipeline.
    private let settings: PolicyNode
    /// What the gateway puts before the stages of every route.
    private let guards: [any Stage]

    var route: PlannedRoute {
        PlannedRoute(
            route: Route(
                name: name,
                service: service,
                stages: guards + effectiveStages,
                places: [Place?](repeating: nil, count: guards.count) + planned.map(\.place),
                bodyLimit: bodyLimit
            ),
            preflight: preflight,
            match: match,
            place: place,
            offer: offer,
            price: listedPrice,
            isFreeForSome: isFreeForSome,
            schemes: stages.flatMap(\.listedSchemes),
            stages: planned,
            settings: settings
        )
    }

    private var effectiveStages: [any Stage] {
        zip(stages, planned).map { stage, planned -> any Stage in
            planned.isShadow ? ShadowedStage(stage) : stage
        }
    }

    private var preflight: Route? {
        for (stage, planned) in zip(stages, planned)
        where type(of: stage).answersPreflights && !planned.isShadow {
            return Route(name: name, service: service, stages: [stage], places: [planned.place], bodyLimit: nil)
        }
        return nil
    }

    /// What a request costs; `nil`: nothing, also where what asks for it stands in shadow.
    var listedPrice: ListedPrice? {
        for (stage, planned) in zip(stages, planned) where !planned.isShadow {
            if let price = stage.listedPrice, price != .fixed(.zero) { return price }
        }
        return nil
    }

    /// True where the policy itself lets some requests through for nothing, beside others that cost something.
    var isFreeForSome: Bool {
        let priced = zip(stages, planned).filter { stage, planned in
            !planned.isShadow && stage.listedPrice.map { $0 != .fixed(.zero) } ?? false
        }
        return !priced.isEmpty && priced.allSatisfy { stage, _ in stage.isFreeForSome }
    }

    private var offer: PlannedOffer? {
        let sales = stages.flatMap(\.sales)
        return listedPrice.flatMap { price in
            // What nobody can pay for is not for sale.
            guard !sales.isEmpty else { return nil }
            return PlannedOffer(
                price: price,
                schemes: sales.map(\.scheme),
                conditions: sales.flatMap(\.caveats).map(\.condition),
                intents: sales.flatMap(\.intents)
            )
        }
    }

    /// What its `price` stages say, and where the first of them stands.
    var prices: (terms: [String], place: Place)? {
        let prices = zip(stages, planned).filter { $1.word == PipelineRules.price && !$1.isShadow }
        return prices.first.map { (prices.map(\.0.terms), $0.1.place) }
    }

    /// True when what is paid for is drawn from.
    var isMetered: Bool {
        zip(stages, planned).contains { $0.isMetered && !$1.isShadow }
    }

    /// `nil` where it has none, or depends on the request.
    var fixedPrice: Price? {
        let effective = zip(stages, planned).filter { !$1.isShadow }.map(\.0)
        return switch effective.lazy.compactMap(\.listedPrice).first {
        case .fixed(let amount): .bitcoin(amount)
        case .fiat(let amount): .fiat(amount)
        case .bundle, .asked, nil: nil
        }
    }

    /// What its `auth` would sell, and where that stage stands.
    var sales: [(sale: Sale, place: Place)] {
        zip(stages, planned).flatMap { stage, planned in stage.sales.map { ($0, planned.place) } }
    }

    /// `nil` where a mistake was noted that leaves nothing to read.
    ///
    /// - Parameter listener: the defaults of the listener that its requests come by.
    init?(
        from written: WrittenRoute,
        pipelines: inout NamedPipelines,
        defaults: inout RouteDefaults,
        listener: DefaultLayer?,
        services: Services,
        trace: TraceSettings?,
        run: LoadingRun
    ) {
        guard case .map = written.node.content else {
            run.note(written.node.place, "a route is a map of name, match and pipeline, not \(written.node.kind)")
            return nil
        }
        let layers = defaults.layers(for: Self.host(of: written.node), groups: written.defaults, listener: listener)
        let node = defaults.filled(written.node, from: layers)
        self.settings = Self.withoutPipeline(node)
        var settings = run.reader(for: node, word: "route")
        let nameNode = settings.node("name")
        place = nameNode?.place ?? node.place
        name = Self.name("name", or: nil, from: &settings)
        service = Self.name("service", or: name, from: &settings)
        if let node = settings.node("match") {
            matchPlace = node.place
            let mistakes = run.mistakes.all.count
            match = RouteMatch(from: node, run: run)
            isMatchRead = run.mistakes.all.count == mistakes
        } else {
            settings.note(node.place, "'route' needs 'match': a map such as { path: /v1/* }", rule: .missingSetting)
            matchPlace = node.place
            match = .everything
            isMatchRead = false
        }
        bodyLimit = Self.bodyLimit(from: &settings)
        if let allow = settings.node("allow") {
            run.allowances.read(allow, of: name, run: run)
        }
        let isShadow = settings.flag(Step.shadow, or: false)
        guard let pipeline = settings.node("pipeline") else {
            settings.note(node.place, "'route' needs 'pipeline': a list of stages", rule: .missingSetting)
            settings.finish()
            return nil
        }
        settings.finish()
        let mistakes = run.mistakes.all.count
        let own = Step.list(from: pipeline, named: "pipeline", in: nil, run: run)
        var steps = pipelines.spliced(own, route: name, at: pipeline.place).map { defaults.filled($0, from: layers) }
        if isShadow {
            for index in steps.indices where services.registry.stages[steps[index].word]?.isLast == false {
                steps[index].isShadow = true
            }
        }
        self.steps = steps
        PipelineRules(
            route: name,
            steps: steps,
            isWhole: run.mistakes.all.count == mistakes,
            end: own.last?.place ?? pipeline.place,
            run: run
        ).check()

        let concealment = Concealment(services.registry)
        guards = trace.map { [Tracing(settings: $0), concealment] } ?? [concealment]
        var services = services
        services.route = name
        services.service = service
        services.sales = RouteSales()
        var stages = [any StagePlugin]()
        var planned = [PlannedStage]()
        var made = [(step: Step, stage: (any StagePlugin)?)]()
        for step in steps {
            let stage = Self.stage(step, services: services, run: run)
            made.append((step, stage))
            guard let stage else { continue }
            stages.append(stage)
            planned.append(
                PlannedStage(
                    word: step.word,
                    summary: stage.summary,
                    place: step.place,
                    pipeline: step.pipeline,
                    settings: step.settings,
                    isShadow: step.isShadow
                )
            )
        }
        self.stages = stages
        self.planned = planned
        InputRules(steps: made, route: name, run: run).check()
        LimitRules(steps: made, route: name, run: run).check()
    }

    /// The hosts that a route is for, as far as its defaults depend on it. What is wrong with it is told where it is read.
    private static func host(of node: PolicyNode) -> HostPattern {
        guard case .map(let entries) = node.content,
            case .map(let match)? = entries.first(where: { $0.key == "match" })?.value.content,
            let host = match.first(where: { $0.key == "host" })?.value, case .text(let text) = host.content
        else { return .any }
        return (try? HostPattern(parsing: text, at: host.place)) ?? .any
    }

    private static func withoutPipeline(_ node: PolicyNode) -> PolicyNode {
        guard case .map(let entries) = node.content else { return node }
        return PolicyNode(.map(entries.filter { $0.key != "pipeline" }), at: node.place)
    }

    private static func name(_ key: String, or fallback: String?, from settings: inout PolicyReader) -> String {
        settings.value(
            key,
            or: fallback,
            placeholder: fallback ?? "",
            expected: "a name that \(PolicyName.rule)"
        ) { PolicyName.isValid($0) ? $0 : nil }
    }

    private static func bodyLimit(from settings: inout PolicyReader) -> ByteCount? {
        guard settings.node("max-body") != nil else { return nil }
        return settings.value("max-body", or: nil, placeholder: ByteCount(0), expected: "a size such as 10 MiB") {
            ByteCount(parsing: $0)
        }
    }

    /// Each route has stages of its own, also where they are written in a pipeline that several routes use.
    private static func stage(_ step: Step, services: Services, run: LoadingRun) -> (any StagePlugin)? {
        guard let type = services.registry.stages[step.word] else { return nil }
        var reader = run.reader(for: step.settings, word: step.word)
        defer { reader.finish() }
        do {
            return try type.init(from: &reader, services)
        } catch {
            reader.note(error)
            return nil
        }
    }
}
