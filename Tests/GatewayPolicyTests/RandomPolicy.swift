import GatewayKit
import GatewayPolicy
import HTTPTypes

/// Routes by chance, few enough words that they overlap, and the plain way to find the one for a request: try all.
struct RandomPolicy {
    struct Match {
        let host: String?
        /// With `*` at the end: everything below.
        let path: String?
        let methods: [HTTPRequest.Method]

        var text: String {
            var parts = [String]()
            if let host { parts.append("host: '\(host)'") }
            if let path { parts.append("path: '\(path)'") }
            if !methods.isEmpty { parts.append("method: [\(methods.map(\.rawValue).joined(separator: ", "))]") }
            return "{ \(parts.joined(separator: ", ")) }"
        }
    }

    private static let words = ["a", "b", "c"]
    private static let hosts = ["h", "x.h", "y.x.h", "k"]
    private static let patterns: [String?] = [nil, nil, "h", "x.h", "*.h", "*.x.h"]
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post]

    private(set) var matches: [Match]
    private(set) var plan: Plan?

    /// Leaves out the routes that the loader finds ambiguous.
    init(using random: inout SeededGenerator) {
        matches = (0..<24).map { _ in Self.match(using: &random) }
        while true {
            let outcome = PolicyLoader.outcome(of: Self.text(matches.map(\.text)))
            guard case .mistakes(let mistakes) = outcome else {
                plan = outcome.plan
                return
            }
            // A route is a line, and the first is the third.
            for line in Set(mistakes.map(\.place.line)).sorted(by: >) {
                matches.remove(at: line - 3)
            }
        }
    }

    static func plan(_ matches: [String]) -> Plan? {
        PolicyLoader.outcome(of: text(matches)).plan
    }

    func request(using random: inout SeededGenerator) -> (method: HTTPRequest.Method, host: String, path: String) {
        let length = Int.random(in: 0...4, using: &random)
        let segments = (0..<length).map { _ in Self.words.randomElement(using: &random) ?? "" }
        let slash = Int.random(in: 0...3, using: &random) == 0 && length > 0 ? "/" : ""
        return (
            Self.methods.randomElement(using: &random) ?? .get,
            Self.hosts.randomElement(using: &random) ?? "",
            "/" + segments.joined(separator: "/") + slash
        )
    }

    /// The most specific of all matching ones.
    func route(method: HTTPRequest.Method, host: String, path: String) -> Int? {
        let ranked = matches.indices.compactMap { index -> (rank: [Int], index: Int)? in
            guard let rank = matches[index].rank(method: method, host: host, path: path) else { return nil }
            return (rank, index)
        }
        return ranked.max { $0.rank.lexicographicallyPrecedes($1.rank) }?.index
    }

    private static func text(_ matches: [String]) -> String {
        let routes = matches.enumerated().map { "  - { name: r\($0), match: \($1), pipeline: [respond] }\n" }
        return "version: 1\nroutes:\n" + routes.joined()
    }

    private static func match(using random: inout SeededGenerator) -> Match {
        let length = Int.random(in: 0...4, using: &random)
        let segments = (0..<length).map { _ in
            Int.random(in: 0...3, using: &random) == 0 ? "{p}" : Self.words.randomElement(using: &random) ?? ""
        }
        let path = "/" + segments.joined(separator: "/")
        let methods: [HTTPRequest.Method] =
            switch Int.random(in: 0...5, using: &random) {
            case 0: [.get]
            case 1: [.head]
            case 2: [.get, .post]
            default: []
            }
        let end: String? =
            switch Int.random(in: 0...6, using: &random) {
            case 0, 1: length == 0 ? "/*" : path + "/*"
            case 2: length == 0 ? path : path + "/"
            case 3 where length == 0: nil
            default: path
            }
        return Match(host: patterns.randomElement(using: &random) ?? nil, path: end, methods: methods)
    }
}

extension RandomPolicy.Match {
    /// `nil` when the request does not match; otherwise numbers that are compared from the left, more being more specific.
    fileprivate func rank(method: HTTPRequest.Method, host: String, path: String) -> [Int]? {
        guard let hostRank = hostRank(host), let pathRank = pathRank(path), let methodRank = methodRank(method) else {
            return nil
        }
        return [hostRank] + pathRank + [methodRank]
    }

    private func hostRank(_ host: String) -> Int? {
        guard let pattern = self.host else { return 0 }
        if pattern.hasPrefix("*") { return host.hasSuffix(pattern.dropFirst()) ? pattern.count : nil }
        return pattern == host ? 1_000 : nil
    }

    private func methodRank(_ method: HTTPRequest.Method) -> Int? {
        if methods.contains(method) { return 2 }
        if method == .head, methods.contains(.get) { return 1 }
        return methods.isEmpty ? 0 : nil
    }

    /// Kind, then length, then each segment; always of the same length.
    private func pathRank(_ path: String) -> [Int]? {
        guard let pattern = self.path else { return [0] + [Int](repeating: 0, count: 9) }
        var wanted = pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let given = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        let isPrefix = wanted.last == "*"
        if isPrefix {
            wanted.removeLast()
            guard given.count > wanted.count else { return nil }
        } else {
            guard given.count == wanted.count else { return nil }
        }
        var ranks = [Int]()
        for (pattern, segment) in zip(wanted, given) {
            if pattern == "{p}" {
                guard !segment.isEmpty else { return nil }
                ranks.append(0)
            } else {
                guard pattern == segment else { return nil }
                ranks.append(1)
            }
        }
        return [isPrefix ? 1 : 2, isPrefix ? wanted.count : 0] + ranks + [Int](repeating: 0, count: 8 - ranks.count)
    }
}
