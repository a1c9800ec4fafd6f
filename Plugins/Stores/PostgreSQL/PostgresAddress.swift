internal import CPostgres
internal import Foundation
package import GatewayKit

/// Where a database of PostgreSQL is and how to get in: `postgres://user@host/database?sslmode=verify-full`, with every option
/// of libpq (PostgreSQL, "Connection URIs" and "Parameter Key Words").
///
/// What it leaves out libpq takes from where it always does: `PGPASSWORD`, `~/.pgpass`, `service`. There may be a password in it,
/// so that it prints as host and database alone.
package struct PostgresAddress: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package static let form = "postgres://USER@HOST/DATABASE"

    /// How libpq's message of an option begins that it does not know.
    private static let unknownOption = "invalid URI query parameter"
    private static let thisMachine: Set<Substring> = ["localhost", "127.0.0.1", "::1"]

    private let options: [String: String]

    /// - Throws: `StartFailure`, which repeats no password.
    package init(parsing text: String) throws(StartFailure) {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://"), !text.utf8.contains(0) else {
            throw StartFailure("the address of a PostgreSQL database is \(Self.form)")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let first = PQconninfoParse(text, &message) else {
            let reason = message.map { String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
            PQfreemem(message)
            // Other messages repeat the address. A question mark before the @ would be one of the password.
            let isSafe = reason.hasPrefix(Self.unknownOption) && !text.drop { $0 != "?" }.contains("@")
            throw StartFailure(
                "the address of the PostgreSQL database should be \(Self.form), with %XX for signs that mean something there"
                    + (isSafe ? ": \(reason)" : "")
            )
        }
        defer { PQconninfoFree(first) }
        var options = [String: String]()
        var option = first
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.options = options
    }

    package var description: String {
        "postgres://\(options["host"] ?? options["hostaddr"] ?? "")/\(options["dbname"] ?? "")"
    }

    package var debugDescription: String { description }

    /// Whether what is said to the server may pass a network. A service's file says by itself what it wants of TLS.
    private var isElsewhere: Bool {
        guard options["service"] == nil else { return false }
        let environment = ProcessInfo.processInfo.environment
        let named = options["hostaddr"] ?? options["host"] ?? environment["PGHOSTADDR"] ?? environment["PGHOST"]
        let hosts = (named ?? "").split(separator: ",")
        return hosts.contains { !$0.hasPrefix("/") && !$0.hasPrefix("@") && !Self.thisMachine.contains($0) }
    }

    /// What libpq is told: what the address says, and what money needs where it does not.
    package func parameters(_ settings: PostgresSettings) -> [String: String] {
        var parameters = options
        parameters["client_encoding"] = "UTF8"
        parameters["fallback_application_name"] = "sluice"
        parameters["connect_timeout"] = options["connect_timeout"] ?? "5"
        // What stands between forgets connections on which nothing is said.
        parameters["keepalives_idle"] = options["keepalives_idle"] ?? "60"
        if options["sslmode"] == nil, isElsewhere { parameters["sslmode"] = "verify-full" }
        if options["service"] == nil {
            // Not a standby: of several hosts the one that can be written.
            parameters["target_session_attrs"] = options["target_session_attrs"] ?? "read-write"
        }
        // What the address says comes last, and counts.
        let all = settings.serverOptions + [options["options"]].compactMap { $0 }
        parameters["options"] = all.joined(separator: " ")
        return parameters
    }

    /// Connects. Blocks: for `connect_timeout` for each host, besides the time in which the system finds a name.
    ///
    /// - Returns: a connection that is good or says why not; `nil` where no memory is left.
    func connect(_ settings: PostgresSettings) -> OpaquePointer? {
        let parameters = parameters(settings)
        let names = parameters.keys.map { strdup($0) }
        let values = parameters.values.map { strdup($0) }
        defer {
            for text in names + values { free(text) }
        }
        return PQconnectdbParams(Self.list(names), Self.list(values), 0)
    }

    /// As C has lists of text, with a null at the end.
    private static func list(_ texts: [UnsafeMutablePointer<CChar>?]) -> [UnsafePointer<CChar>?] {
        texts.map { text in text.map { UnsafePointer($0) } } + [nil]
    }
}
