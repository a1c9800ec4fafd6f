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
    private let concealment: Concealment

    var route: PlannedRoute {
        PlannedRoute(
            route: Route(name: name, service: service, stages: [concealment] + stages, bodyLimit: bodyLimit),
            preflight: stages.first { type(of: $0).answersPreflights }.map { stage in
                Route(name: name, service: service, stages: [stage])
            },
            match: match,
            place: place,
            offer: offer,
            price: listedPrice,
            schemes: stages.flatMap(\.listedSchemes),
            stages: planned
        )
    }

    private var listedPrice: ListedPrice? {
        stages.lazy.compactMap(\.listedPrice).first { $0 != .fixed(.zero) }
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
        let prices = zip(stages, planned).filter { $1.word == PipelineRules.price }
        return prices.first.map { (prices.map(\.0.terms), $0.1.place) }
    }

    /// `nil` where it has none, or depends on the request.
    var fixedPrice: Amount? {
        guard case .fixed(let amount)? = stages.lazy.compactMap(\.listedPrice).first else { return nil }
        return amount
    }

    /// What its `auth` would sell, and where that stage stands.
    var sales: [(sale: Sale, place: Place)] {
        zip(stages, planned).flatMap { stage, planned in stage.sales.map { ($0, planned.place) } }
    }

    /// `nil` where a mistake was noted that leaves nothing to read.
    init?(from node: PolicyNode, pipelines: inout NamedPipelines, services: Services, run: LoadingRun) {
        guard case .map = node.content else {
            run.note(node.place, "a route is a map of name, match and pipeline, not \(node.kind)")
            return nil
        }
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
            settings.note(node.place, "'route' needs 'match': a map such as { path: /v1/* }")
            matchPlace = node.place
            match = .everything
            isMatchRead = false
        }
        bodyLimit = Self.bodyLimit(from: &settings)
        guard let pipeline = settings.node("pipeline") else {
            settings.note(node.place, "'route' needs 'pipeline': a list of stages")
            settings.finish()
            return nil
        }
        settings.finish()
        let mistakes = run.mistakes.all.count
        let written = Step.list(from: pipeline, named: "pipeline", in: nil, run: run)
        steps = pipelines.spliced(written, route: name, at: pipeline.place)
        PipelineRules(
            route: name,
            steps: steps,
            isWhole: run.mistakes.all.count == mistakes,
            end: written.last?.place ?? pipeline.place,
            run: run
        ).check()

        concealment = Concealment(services.registry)
        var services = services
        services.route = name
        services.service = service
        services.sales = RouteSales()
        var stages = [any StagePlugin]()
        var planned = [PlannedStage]()
        for step in steps {
            guard let stage = Self.stage(step, services: services, run: run) else { continue }
            stages.append(stage)
            planned.append(
                PlannedStage(word: step.word, summary: stage.summary, place: step.place, pipeline: step.pipeline)
            )
        }
        self.stages = stages
        self.planned = planned
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
