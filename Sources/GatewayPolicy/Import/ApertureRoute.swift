internal import GatewayKit

/// A route of the policy that comes out: a service, or the part of it that is free, unsold or limited otherwise.
struct ApertureRoute {
    /// The place of the service in the list.
    let service: Int
    let host: String
    /// All of them fit the path.
    var patterns: [GoPattern]
    var isFree = false
    /// Offers are made nowhere on the route.
    var isUnsold = false
    /// Where offers are not made.
    var unsoldPaths: [String] = []
    var limits: [ApertureService.Limit] = []

    /// What is left when those are taken out that fit wherever another one does.
    private var necessary: [GoPattern] {
        patterns.indices.filter { index in
            !patterns.indices.contains { other in
                other != index && patterns[index].covers(patterns[other])
                    && (!patterns[other].covers(patterns[index]) || other < index)
            }
        }.map { patterns[$0] }
    }

    /// What a `path` can say; `.regex` where only an expression does.
    var form: GoPattern.Form {
        let patterns = necessary
        return patterns.count == 1 ? patterns[0].form : patterns.isEmpty ? .everything : .regex
    }

    var expression: String {
        let patterns = necessary
        guard let last = patterns.last else { return ".*" }
        return patterns.dropLast().map { "(?=(?:\($0.whole))$)" }.joined() + last.whole
    }

    func isDisjoint(with other: ApertureRoute) -> Bool {
        patterns.contains { pattern in other.patterns.contains { pattern.isDisjoint(with: $0) } }
    }

    /// True when it is certain that every request of the other one is one of this one too.
    func covers(_ other: ApertureRoute) -> Bool {
        patterns.allSatisfy { pattern in other.patterns.contains { pattern.covers($0) } }
    }

    /// True when a policy asks this one first where both are written as paths, by what is more specific.
    func precedes(_ other: ApertureRoute) -> Bool {
        switch (form, other.form) {
        case (.exact, _): true
        case (.regex, .exact): false
        case (.regex, _): true
        case (.below(let path), .below(let other)): path.split(separator: "/").count > other.split(separator: "/").count
        case (.below, .everything): true
        case (.below, _), (.everything, _): false
        }
    }
}
