internal import GatewayKit
internal import GatewayPolicy
internal import GatewayServer
internal import HTTPTypes
internal import NIOCore

/// What came of a request, beside what was expected of it.
struct TestComparison {
    private let outcome: TrialOutcome

    init(_ outcome: TrialOutcome) {
        self.outcome = outcome
    }

    /// - Parameter fallback: of what has no place of its own.
    func failures(of expected: PolicyTestExpectation, at fallback: Place) -> [PolicyTestRun.Failure] {
        var failures = [PolicyTestRun.Failure]()
        func compare<Wanted: Equatable>(
            _ name: String,
            _ wanted: PolicyTestExpectation.Value<Wanted>?,
            _ actual: Wanted?
        ) {
            guard let wanted, wanted.wanted != actual else { return }
            let found = actual.map { "\($0)" } ?? "none"
            failures.append(.init(place: wanted.place, message: "expected \(name) \(wanted.wanted), found \(found)"))
        }
        func require(_ holds: Bool, _ place: Place, _ message: @autoclosure () -> String) {
            if !holds { failures.append(.init(place: place, message: message())) }
        }

        compare("status", expected.status, status)
        if case .fiat? = expected.price?.wanted {
            compare("price", expected.price, listedPrice.map { .fiat($0) })
        } else {
            compare("price", expected.price, price.map { .bitcoin($0) })
        }
        compare("stage", expected.stage, stage)
        compare("route", expected.route, outcome.route)
        if let wanted = expected.reason {
            require(
                reason?.contains(wanted.wanted) == true,
                wanted.place,
                "expected the reason '\(wanted.wanted)', found \(reason.map { "'\($0)'" } ?? "none")"
            )
        }
        for (name, wanted) in expected.fields {
            let values = fields(name)
            let found = ConcealedText.of(values.joined(separator: " | "))
            require(
                values.contains { wanted.wanted.isEmpty || $0.contains(wanted.wanted) },
                wanted.place,
                "expected '\(wanted.wanted)' in '\(name)', found '\(found)'"
            )
        }
        for wanted in expected.absent {
            require(fields(wanted.wanted).isEmpty, wanted.place, "expected no field '\(wanted.wanted)', found one")
        }
        if let wanted = expected.body {
            let body = String(buffer: outcome.body)
            require(
                body.contains(wanted.wanted),
                wanted.place,
                "expected '\(wanted.wanted)' in the body, found '\(ConcealedText.of(String(body.prefix(200))))'"
            )
        }
        compare("upstream path", expected.path, outcome.forwarded?.request.target)
        compare("upstream", expected.upstream, outcome.forwarded?.upstream ?? "none")
        if let wanted = expected.shadow {
            for value in wanted {
                require(
                    shadowed.contains(value.wanted),
                    value.place,
                    "expected '\(value.wanted)' to refuse in shadow, but \(list(shadowed)) would"
                )
            }
            if wanted.isEmpty, !shadowed.isEmpty {
                failures.append(.init(place: fallback, message: "\(list(shadowed)) would refuse in shadow"))
            }
        }
        return failures
    }

    /// What happened, in a line.
    var summary: String {
        let route = outcome.route ?? "no route"
        let decided = stage.map { " by '\($0)'\(placeOfStage.map { " (\($0))" } ?? "")" } ?? ""
        let detail = decider?.detail.map { ": \($0)" } ?? ""
        return "answered \(status.map { "\($0)" } ?? "nothing") on '\(route)'\(decided)\(detail)"
    }

    // MARK: What came

    /// Of gRPC the one that it has in HTTP is not the matter: it is always 200.
    private var status: Int? { outcome.head?.status.code }

    private func fields(_ name: String) -> [String] {
        FieldName(name).map { outcome.head?.fields.values(of: $0) ?? [] } ?? []
    }

    private var shadowed: [String] { outcome.shadowRefusals.map(\.word) }

    /// What was asked for.
    private var price: Amount? {
        outcome.steps.lazy.filter { !$0.isShadow }.flatMap(\.inputs).last { $0.name == "price" }
            .flatMap { Amount(parsing: $0.value) }
    }

    /// What was asked for in another currency, before it was converted.
    private var listedPrice: FiatAmount? {
        outcome.steps.lazy.filter { !$0.isShadow }.flatMap(\.inputs).last { $0.name == "rate" }
            .flatMap { $0.value.split(separator: " at ").first }.flatMap { FiatAmount(parsing: $0) }
    }

    /// The stage that answered or forwarded; where it was `price` because another had rejected the credential, that one.
    private var decider: ExplainedStep? {
        let deciders = outcome.steps.filter { $0.hasDecided && !$0.isShadow }
        return deciders.first
    }

    private var stage: String? { decider.flatMap(\.word) }
    private var placeOfStage: Place? { decider?.place }

    private var reason: String? {
        outcome.steps.lazy.compactMap(\.rejection).first
    }

    private func list(_ words: [String]) -> String {
        words.isEmpty ? "none" : words.map { "'\($0)'" }.joined(separator: ", ")
    }
}
