/// Writes expressions that fit the types, of literals and of what a caveat's expression may ask about.
struct RandomExpression {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    private mutating func pick<Item>(_ items: [Item]) -> Item {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return items[Int(state >> 33) % items.count]
    }

    mutating func bool(depth: Int) -> String {
        guard depth > 0 else { return pick(["true", "false", "('x-plan' in request.headers)"]) }
        let next = depth - 1
        switch pick(Array(0..<9)) {
        case 0: return "(\(bool(depth: next)) && \(bool(depth: next)))"
        case 1: return "(\(bool(depth: next)) || \(bool(depth: next)))"
        case 2: return "!\(bool(depth: 0))"
        case 3: return "(\(int(depth: next)) \(pick(["<", "<=", ">", ">=", "==", "!="])) \(int(depth: next)))"
        case 4: return "(\(string(depth: next)) \(pick(["<", ">=", "==", "!="])) \(string(depth: next)))"
        case 5: return "\(string(depth: next)).\(pick(["contains", "startsWith", "endsWith"]))(\(string(depth: next)))"
        case 6: return "(\(string(depth: next)) in \(list(depth: next)))"
        case 7: return "\(list(depth: next)).\(pick(["exists", "all", "exists_one"]))(x, x == \(string(depth: next)))"
        default: return "(\(bool(depth: next)) ? \(bool(depth: next)) : \(bool(depth: next)))"
        }
    }

    private mutating func int(depth: Int) -> String {
        guard depth > 0 else { return pick(["0", "1", "-7", "9223372036854775807"]) }
        let next = depth - 1
        switch pick(Array(0..<4)) {
        case 0: return "(\(int(depth: next)) \(pick(["+", "-", "*", "/", "%"])) \(int(depth: next)))"
        case 1: return "size(\(string(depth: next)))"
        case 2: return "\(list(depth: next)).size()"
        default: return "int(\(string(depth: 0)))"
        }
    }

    private mutating func string(depth: Int) -> String {
        guard depth > 0 else {
            return pick([
                "''", "'a'", "'7'", "request.path", "request.headers['x-plan']", "caveat.value", "request.query.n",
            ])
        }
        let next = depth - 1
        switch pick(Array(0..<4)) {
        case 0: return "(\(string(depth: next)) + \(string(depth: next)))"
        case 1: return "\(string(depth: next)).\(pick(["lowerAscii", "upperAscii", "trim"]))()"
        case 2: return "string(\(int(depth: next)))"
        default: return "\(list(depth: next))[\(int(depth: 0))]"
        }
    }

    private mutating func list(depth: Int) -> String {
        guard depth > 0 else { return pick(["caveat.list", "['a', 'b']"]) }
        let next = depth - 1
        return pick([true, false])
            ? "[\(string(depth: next)), \(string(depth: next))]" : "\(string(depth: next)).split(\(string(depth: 0)))"
    }
}
