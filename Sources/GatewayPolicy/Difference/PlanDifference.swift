internal import GatewayKit
internal import HTTPTypes

/// What changes for clients and operators when one plan takes the place of another.
///
/// Costs are compared by requests, not by names: for every match of either plan, sample requests are asked of both. A
/// new free route that takes a part of a paid one's paths is found so, and a route that only has another name is not
/// told. What a regular expression, a condition or a call in the body matches is compared with the same match of the other
/// plan, and where that has none, with the routes that such requests come to there.
package struct PlanDifference: Sendable {
    /// Sorted by what they say.
    package let costs: [CostChange]
    /// What else is different, a line each: routes, stages, listeners, upstreams.
    package let others: [String]
    /// Those that are sold by before.
    private let rates: any ExchangeRates

    package var isEmpty: Bool { costs.isEmpty && others.isEmpty }
    /// Everything, a line each; costs first.
    package var lines: [String] { costs.map(\.description) + others }

    package init(from before: Plan, to after: Plan) {
        costs = Self.costs(from: before, to: after)
        rates = before.rates.currencies.isEmpty ? after.rates : before.rates
        others =
            Self.routes(from: before, to: after)
            + Self.list("listen", before.listeners.map(\.address), after.listeners.map(\.address))
            + Self.upstreams(from: before, to: after)
    }

    /// The changes that a guard of money refuses.
    package func losses(factor: Int) -> [CostChange] {
        costs.filter { $0.losesMoney(factor: factor, at: rates) }
    }

    // MARK: Costs

    private static func costs(from before: Plan, to after: Plan) -> [CostChange] {
        var changes = Set<CostChange>()
        compare(CostTable(before), CostTable(after), in: &changes)
        // A listener may have prices of its own.
        for (index, listener) in after.listeners.enumerated() {
            let earlier = before.listeners.firstIndex { $0.address == listener.address }
            compare(CostTable(before, listener: earlier), CostTable(after, listener: index), in: &changes)
        }
        return changes.sorted { $0.description < $1.description }
    }

    private static func compare(_ old: CostTable, _ new: CostTable, in changes: inout Set<CostChange>) {
        var seen = Set<String>()
        for route in old.routes + new.routes where seen.insert(route.match.description).inserted {
            let name = route.match.description
            let samples = route.match.isToldBySamples ? route.match.samples() : []
            let costs = samples.map { (method: $0.method.rawValue, before: old.cost(of: $0), after: new.cost(of: $0)) }
            if samples.isEmpty {
                for before in old.costs(of: route.match) {
                    for after in new.costs(of: route.match) {
                        note(before, after, of: name, in: &changes)
                    }
                }
            } else if costs.allSatisfy({ $0.before == costs[0].before && $0.after == costs[0].after }) {
                note(costs[0].before, costs[0].after, of: name, in: &changes)
            } else {
                for cost in costs {
                    note(cost.before, cost.after, of: "\(cost.method) \(route.match.target)", in: &changes)
                }
            }
        }
    }

    private static func note(
        _ before: RequestCost,
        _ after: RequestCost,
        of requests: String,
        in changes: inout Set<CostChange>
    ) {
        guard before != after else { return }
        changes.insert(CostChange(requests: requests, before: before, after: after))
    }

    // MARK: The rest

    private static func routes(from before: Plan, to after: Plan) -> [String] {
        let old = Dictionary(before.routes.map { ($0.route.name, $0) }) { first, _ in first }
        let new = Dictionary(after.routes.map { ($0.route.name, $0) }) { first, _ in first }
        var lines = before.routes.filter { new[$0.route.name] == nil }.map { "route \($0.route.name) is gone" }
        for route in after.routes {
            let name = route.route.name
            guard let earlier = old[name] else {
                lines.append("route \(name) is new: \(route.match)")
                continue
            }
            if earlier.match.description != route.match.description {
                lines.append("route \(name): match \(earlier.match) -> \(route.match)")
            }
            if earlier.route.service != route.route.service {
                lines.append("route \(name): service \(earlier.route.service) -> \(route.route.service)")
            }
            lines += stages(of: name, from: earlier.stages, to: route.stages)
        }
        return lines
    }

    /// One line for a setting that is another one, or one for the whole order.
    private static func stages(of name: String, from before: [PlannedStage], to after: [PlannedStage]) -> [String] {
        guard before.map(\.word) == after.map(\.word) else {
            return [
                "route \(name): stages \(before.map(\.word).joined(separator: ", ")) ->"
                    + " \(after.map(\.word).joined(separator: ", "))"
            ]
        }
        return zip(before, after).filter { $0.summary != $1.summary }.map { old, new in
            "route \(name): \(old.word) \(old.summary) -> \(new.summary)"
        }
    }

    private static func list(_ word: String, _ before: [String], _ after: [String]) -> [String] {
        before == after ? [] : ["\(word): \(before.joined(separator: ", ")) -> \(after.joined(separator: ", "))"]
    }

    private static func upstreams(from before: Plan, to after: Plan) -> [String] {
        let old = Dictionary(before.upstreams.map { ($0.name, $0) }) { first, _ in first }
        let new = Set(after.upstreams.map(\.name))
        let gone = before.upstreams.map(\.name).filter { !new.contains($0) }.map { "upstream \($0) is gone" }
        return gone
            + after.upstreams.compactMap { upstream in
                guard let earlier = old[upstream.name] else { return "upstream \(upstream.name) is new" }
                guard !earlier.isAlike(upstream) else { return nil }
                let addresses = [earlier, upstream].map { $0.endpoints.map(\.address).joined(separator: ", ") }
                return addresses[0] == addresses[1]
                    ? "upstream \(upstream.name) has other settings"
                    : "upstream \(upstream.name): \(addresses[0]) -> \(addresses[1])"
            }
    }
}
