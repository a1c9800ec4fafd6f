internal import GatewayKit

/// A regular expression for whole paths, compiled when the policy is read.
///
/// Runs on the event loop, only for requests that no exact path of the host matches. A pattern that backtracks without
/// bound does so there: `(a+)+` has no place in a policy.
package struct PathRegex: Sendable {
    /// As the policy writes it.
    package let text: String
    private let regex: CompiledRegex

    init(parsing text: String, at place: Place) throws(PolicyMistake) {
        do {
            regex = CompiledRegex(regex: try Regex(text))
        } catch {
            throw PolicyMistake(place, "'regex' is not a regular expression: \(error)")
        }
        self.text = text
    }

    /// True when the expression matches all of the path.
    func matches(_ path: String) -> Bool {
        (try? regex.regex.wholeMatch(in: path)) != nil
    }
}

/// `Regex` is not `Sendable` because a literal may hold closures. One that was compiled from a text holds none, and its
/// program, which is made at the first use, is published atomically.
private struct CompiledRegex: @unchecked Sendable {
    let regex: Regex<AnyRegexOutput>
}
