import GatewayKit

/// A stage that lets everything pass; those of these tests differ in their settings alone.
protocol StandInStage: StagePlugin {}

extension StandInStage {
    func admit(_ exchange: Exchange) throws -> Eventually<Decision> { .now(.next) }
}

struct AuthStage: StandInStage {
    static let word = "auth"
    static let provides: [StageInput] = [.credential]
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        let nodes: [PolicyNode]
        switch settings.shorthand() {
        case let node?:
            if case .list(let items) = node.content { nodes = items } else { nodes = [node] }
        case nil:
            nodes = settings.freeEntries().map {
                PolicyNode(.map([$0]), at: $0.keyPlace)
            }
        }
        let schemes = nodes.compactMap { services.scheme($0, in: settings) }
        summary = schemes.map { ($0 as? any Plugin).map { type(of: $0).word } ?? "" }.joined(separator: ", ")
    }
}

struct CaveatsStage: StandInStage {
    static let word = "caveats"
    static let reads: [StageInput] = [.credential]
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        var words = [String]()
        if case .list(let nodes)? = settings.shorthand()?.content {
            for node in nodes {
                let known = ["expires", "service"]
                let word = settings.value(of: node, named: "a caveat", expected: known.joined(separator: " or ")) {
                    known.contains($0) ? $0 : nil
                }
                if let word { words.append(word) }
            }
        }
        summary = words.joined(separator: ", ")
    }
}

struct RateLimitStage: StandInStage {
    static let word = "rate-limit"
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        let limit = settings.rate("limit")
        let burst = settings.integer("burst", in: 1...1_000_000, or: 1)
        let key = settings.choice("per", of: ["token", "address", "route"], or: "token")
        summary = "\(limit.map { "\($0)" } ?? "") burst \(burst) per \(key)"
    }
}

struct PriceStage: StandInStage {
    static let word = "price"
    static let reads: [StageInput] = [.credential]
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        if let node = settings.shorthand() {
            let amount = settings.value(of: node, named: "'price'", expected: Expectation.amount) {
                Amount(parsing: $0)
            }
            summary = "\(amount ?? .zero)"
            return
        }
        _ = settings.choice("use", of: ["static"])
        summary = "\(settings.amount("amount"))"
    }
}

struct ForwardStage: StandInStage {
    static let word = "forward"
    static let isLast = true
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        let target = settings.shorthand() ?? settings.node("to")
        let rewrite = settings.text("rewrite", or: "")
        guard let target, let name = settings.text(of: target, expected: "'forward' should be an upstream") else {
            throw settings.error(at: "to", "should be the name of an upstream")
        }
        if services.upstreams[name] == nil {
            let hint = Guess.hint(for: name, among: services.upstreams.keys)
            settings.note(target.place, "unknown upstream '\(name)'\(hint)")
        }
        summary = rewrite.isEmpty ? name : "\(name) rewrite \(rewrite)"
    }
}

struct RespondStage: StandInStage {
    static let word = "respond"
    static let isLast = true
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        summary = "\(settings.integer("status", in: 100...599, or: 200))"
        _ = settings.text("body", or: "")
    }
}

struct HeadersStage: StandInStage {
    static let word = "headers"
    let summary: String

    init(from settings: inout PolicyReader, _ services: Services) throws {
        let entries = settings.freeEntries()
        for entry in entries {
            _ = settings.text(of: entry.value, expected: "'\(entry.key)' should be a text")
        }
        summary = entries.map(\.key).joined(separator: ", ")
    }
}
