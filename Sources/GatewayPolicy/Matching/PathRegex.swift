internal import GatewayKit

/// A regular expression for whole paths, compiled when the policy is read.
///
/// Runs on the event loop, only for requests that no exact path of the host matches and that begin with its `folder`. A
/// pattern that backtracks without bound does so there: `(a+)+` has no place in a policy.
package struct PathRegex: Sendable {
    /// As the policy writes it.
    package let text: String
    private let regex: CompiledRegex
    /// Whoever compiles an expression calls itself for each.
    private static let depthLimit = 64

    init(parsing text: String, at place: Place) throws(PolicyMistake) {
        guard Self.isShallow(text) else {
            throw PolicyMistake(
                place,
                "'regex' has more than \(Self.depthLimit) parentheses or brackets in one another"
            )
        }
        do {
            regex = CompiledRegex(regex: try Regex(text))
        } catch {
            throw PolicyMistake(place, "'regex' is not a regular expression: \(error)")
        }
        self.text = text
    }

    /// True unless more parentheses or brackets stand in one another than an expression needs.
    static func isShallow(_ text: String) -> Bool {
        var depth = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): depth = max(0, depth - 1)
            default: break
            }
            if depth > depthLimit { return false }
        }
        return true
    }

    /// What every path begins with that it matches: whole segments, from the first slash to a slash; empty when it may
    /// begin with anything.
    var folder: [UInt8] {
        var literal: [UInt8] = []
        scan: for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "^") where index == 0: break
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                literal.append(byte)
            case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "{"):
                // What stands before it may be missing.
                literal = literal.dropLast()
                break scan
            default: break scan
            }
        }
        // Of two alternatives only one begins like this.
        guard !text.utf8.contains(UInt8(ascii: "|")), let end = literal.lastIndex(of: UInt8(ascii: "/")) else {
            return []
        }
        return Array(literal[...end])
    }

    /// True when the expression matches all of the path.
    func matches(_ path: String) -> Bool {
        (try? regex.regex.wholeMatch(in: path)) != nil
    }
}

extension PathRegex: Hashable {
    package static func == (one: PathRegex, other: PathRegex) -> Bool { one.text == other.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// `Regex` is not `Sendable` because a literal may hold closures. One that was compiled from a text holds none, and its
/// program, which is made at the first use, is published atomically.
private struct CompiledRegex: @unchecked Sendable {
    let regex: Regex<AnyRegexOutput>
}
