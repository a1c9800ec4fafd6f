package import GatewayKit
internal import MPP

/// A line of an access log, as far as it tells what was asked for and what came of it.
package struct LoggedRequest: Sendable, Hashable {
    package let method: String
    package let host: String
    /// Without the query, which no log has.
    package let path: String
    package let client: String?
    /// `nil` where none matched.
    package let route: String?
    package let status: Int?
    /// `answered`, `replied`, ...
    package let outcome: String
    package let time: WallTime?

    /// `nil` for what is no line about a request, or only the beginning of one.
    init?(_ fields: [String: String]) {
        guard let method = fields["method"], let path = fields["path"], let outcome = fields["outcome"] else {
            return nil
        }
        self.method = method
        self.path = path
        self.outcome = outcome
        host = fields["host"] ?? "localhost"
        client = fields["client"]
        route = fields["route"]
        status = fields["status"].flatMap { Int($0) }
        time = fields["time"].flatMap { Timestamp.time($0) }
    }
}
