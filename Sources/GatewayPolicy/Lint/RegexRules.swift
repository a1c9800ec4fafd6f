internal import GatewayKit

/// The rule of regular expressions that take the same path: then their order decides, which is easily changed by accident.
struct RegexRules {
    /// Each is compared with all before it.
    private static let most = 256

    private let routes: [(draft: RouteDraft, regex: PathRegex, samples: [String])]
    private let run: LoadingRun

    init(_ routes: [RouteDraft], run: LoadingRun) {
        self.run = run
        let expressions = routes.lazy.filter { if case .regex = $0.match.path { true } else { false } }
        self.routes = expressions.prefix(Self.most).compactMap { draft in
            guard draft.isMatchRead, draft.match.call == nil, case .regex(let regex) = draft.match.path else {
                return nil
            }
            return (draft, regex, PathSample.paths(of: draft.match.path))
        }
    }

    /// - Parameter told: what was found to leak already: the rule and the names of the routes.
    func check(notTelling told: Set<String>) {
        for (index, later) in routes.enumerated() {
            let earlier = routes[..<index].first { earlier in
                earlier.draft.match.host == later.draft.match.host && shareMethod(earlier.draft, later.draft)
                    && !isTold(earlier.draft, later.draft, told) && common(earlier, later) != nil
            }
            guard let earlier, let path = common(earlier, later) else { continue }
            run.note(
                .overlappingRegexes,
                later.draft.matchPlace,
                of: earlier.draft.name,
                later.draft.name,
                message: "'\(path)' fits this expression and that of the route '\(earlier.draft.name)'"
                    + " (\(earlier.draft.matchPlace)), which stands before it and wins"
            )
        }
    }

    private func common(
        _ earlier: (draft: RouteDraft, regex: PathRegex, samples: [String]),
        _ later: (draft: RouteDraft, regex: PathRegex, samples: [String])
    ) -> String? {
        later.samples.first(where: earlier.regex.matches) ?? earlier.samples.first(where: later.regex.matches)
    }

    private func shareMethod(_ route: RouteDraft, _ other: RouteDraft) -> Bool {
        let (methods, others) = (route.match.methods, other.match.methods)
        return methods.isEmpty || others.isEmpty || methods.contains(where: others.contains)
    }

    private func isTold(_ route: RouteDraft, _ other: RouteDraft, _ told: Set<String>) -> Bool {
        [(route.name, other.name), (other.name, route.name)].contains {
            told.contains("\(PolicyRule.freeShadow) \($0) \($1)")
        }
    }
}
