internal import GatewayKit

/// What another policy would have done with logged requests.
package struct ReplayReport: Encodable, Sendable {
    /// What becomes of a request, as far as that can be told without the credential that it may have had.
    package enum Fate: String, Encodable, Sendable, Hashable {
        case served
        /// Answered with an offer.
        case asked
        case refused
        /// No route is for it.
        case unrouted
        /// The service behind the gateway failed, which no policy changes.
        case failed
    }

    package struct Change: Encodable, Sendable, Hashable {
        /// `nil`: none, or none is known.
        package let oldRoute: String?
        package let newRoute: String?
        package let old: Fate
        package let new: Fate
        /// The stage that answers now.
        package let stage: String?
    }

    package struct Changes: Encodable, Sendable {
        package let change: Change
        package internal(set) var requests: Int
        /// The first of them: method, host and path.
        package let example: String
    }

    package struct Earnings: Encodable, Sendable {
        /// Millisatoshis, if every request that was served had been paid for by itself at the prices of the new policy.
        package internal(set) var new: UInt64 = 0
        /// The same at the prices of the old policy; `nil` where that is not known.
        package internal(set) var old: UInt64?
    }

    package internal(set) var requests = 0
    package internal(set) var unchanged = 0
    package internal(set) var changes: [Changes] = []
    /// More kinds of changes than are told.
    package internal(set) var otherChanges = 0
    package internal(set) var earnings = Earnings()
    /// Lines that are cut off, or no lines of an access log.
    package internal(set) var unreadableLines = 0
    /// Lines that the log says were never written.
    package internal(set) var lostLines = 0
    /// What the log does not have, and what was taken instead.
    package let assumptions: [String]

    package init(assumptions: [String]) {
        self.assumptions = assumptions
    }

    package func json() -> String { JSONOutput.text(self) }

    /// No line end at the end.
    package func text() -> String {
        var lines = ["\(requests) requests, \(unchanged) as before"]
        if unreadableLines > 0 { lines.append("\(unreadableLines) lines could not be read, and are not counted") }
        if lostLines > 0 { lines.append("\(lostLines) lines were lost when the log was written") }
        if !changes.isEmpty {
            let rows = changes.map { changes in
                let change = changes.change
                return [
                    "\(changes.requests)", "\(change.old.rawValue) -> \(change.new.rawValue)",
                    "\(change.oldRoute ?? "no route") -> \(change.newRoute ?? "no route")",
                    change.stage.map { "by '\($0)'" } ?? "", changes.example,
                ]
            }
            lines += ["", TextTable.text([["requests", "what changes", "route", "", "such as"]] + rows)]
        }
        if otherChanges > 0 { lines.append("\(otherChanges) requests change in other ways") }
        lines.append("")
        let new = Amount(millisatoshis: earnings.new)
        let old = earnings.old.map { "\(Amount(millisatoshis: $0)) -> " } ?? ""
        lines.append("what was served costs \(old)\(new), if each request is paid for by itself")
        lines += assumptions.map { "- \($0)" }
        return lines.joined(separator: "\n")
    }
}
