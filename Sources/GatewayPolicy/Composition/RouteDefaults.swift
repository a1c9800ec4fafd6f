internal import GatewayKit

/// The defaults of a policy. What is nearer to a route counts: its own steps, then its groups from the inside, then its host, then
/// the listener, then the policy.
///
/// A default never adds a step: it fills in what a step of that word does not say.
struct RouteDefaults {
    private let policy: DefaultLayer?
    private let hosts: [(pattern: HostPattern, layer: DefaultLayer)]
    private var used: Set<Place> = []
    private let run: LoadingRun

    init(from entry: PolicyNode.Entry?, run: LoadingRun) {
        self.run = run
        guard let entry else {
            policy = nil
            hosts = []
            return
        }
        policy = DefaultLayer(entry.value, of: "the policy", otherThan: ["hosts"], run: run)
        guard case .map(let entries) = entry.value.content, let node = entries.first(where: { $0.key == "hosts" })
        else {
            hosts = []
            return
        }
        hosts = run.entries(of: node.value, named: "hosts").compactMap { Self.ofHost($0, run: run) }
    }

    private static func ofHost(_ entry: PolicyNode.Entry, run: LoadingRun) -> (HostPattern, DefaultLayer)? {
        do throws(PolicyMistake) {
            let pattern = try HostPattern(parsing: entry.key, at: entry.keyPlace)
            return (pattern, DefaultLayer(entry.value, of: "the host '\(entry.key)'", run: run))
        } catch {
            run.note(error.place, error.message)
            return nil
        }
    }

    /// What holds for a route, the nearest first.
    func layers(for host: HostPattern, groups: [DefaultLayer], listener: DefaultLayer?) -> [DefaultLayer] {
        let ofHost = hosts.filter { $0.pattern.covers(host) }.sorted { $1.pattern.covers($0.pattern) }.map(\.layer)
        return groups.reversed() + ofHost + [listener, policy].compactMap(\.self)
    }

    /// A step with what it does not say itself.
    mutating func filled(_ step: Step, from layers: [DefaultLayer]) -> Step {
        var step = step
        for layer in layers {
            for entry in layer.entries where entry.key == step.word {
                used.insert(entry.keyPlace)
                step.settings = Overlay.settings(step.settings, over: entry.value)
            }
        }
        return step
    }

    /// A route with the keys that it does not have itself.
    mutating func filled(_ route: PolicyNode, from layers: [DefaultLayer]) -> PolicyNode {
        guard case .map(var entries) = route.content else { return route }
        for layer in layers {
            let defaults = layer.entries.filter { DefaultLayer.routeKeys.contains($0.key) }
            used.formUnion(defaults.map(\.keyPlace))
            entries = Overlay.joined(entries, over: defaults)
        }
        return PolicyNode(.map(entries), at: route.place)
    }

    /// Called once, after the last route.
    ///
    /// - Parameter others: those of groups and listeners.
    func warnOfUnused(_ others: [DefaultLayer]) {
        for entry in ([policy].compactMap(\.self) + hosts.map(\.layer) + others).flatMap(\.entries)
        where !used.contains(entry.keyPlace) {
            run.note(.unusedDefault, entry.keyPlace, "no route takes this default of '\(entry.key)'")
        }
    }
}

extension HostPattern {
    /// True when it is for every host that the other one is for.
    func covers(_ other: HostPattern) -> Bool {
        switch (self, other) {
        case (.any, _): true
        case (.exact(let name), .exact(let other)): name == other
        case (.below(let suffix), .exact(let name)), (.below(let suffix), .below(let name)):
            name.hasSuffix(".\(suffix)") || self == other
        case (.exact, .below), (.exact, .any), (.below, .any): false
        }
    }
}
