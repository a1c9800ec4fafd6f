internal import GatewayKit

/// What a database holds, by versions, in the schema `sluice`. A version that was released is never changed; a change is a new
/// version.
package struct PostgresLayout: Sendable {
    /// `Sluc` in ASCII: the advisory lock of everybody who changes the schema.
    private static let lock: Int64 = 0x536C_7563

    /// Several may share a database.
    package let name: String
    package let versions: [(name: String, sql: StaticString)]

    package init(name: String, versions: [(name: String, sql: StaticString)]) {
        self.name = name
        self.versions = versions
    }

    /// Brings the database to the newest version; other processes may be doing the same, and wait for each other here. All in
    /// one transaction: what fails leaves nothing behind.
    package func migrate(_ transaction: PostgresTransaction) throws {
        try transaction.run("SELECT pg_advisory_xact_lock($1)", .integer(Self.lock))
        try makeList(transaction)
        let rows = try transaction.rows("SELECT version FROM sluice.versions WHERE layout = $1", .text(name))
        let done = Set(try rows.map { try $0.text(0) })
        guard done.isSubset(of: versions.map { $0.name }) else {
            throw StartFailure("it was written by a newer version of sluice; run that one, or restore a backup")
        }
        for version in versions where !done.contains(version.name) {
            try transaction.run(script: version.sql)
            try transaction.run(
                "INSERT INTO sluice.versions (layout, version) VALUES ($1, $2)",
                .text(name),
                .text(version.name)
            )
        }
    }

    /// Makes the list of versions, and the schema, where they are not there. Somebody who may do more may have made the schema.
    private func makeList(_ transaction: PostgresTransaction) throws {
        let found = try transaction.row(
            "SELECT to_regnamespace('sluice') IS NOT NULL, to_regclass('sluice.versions') IS NOT NULL"
        )
        guard let found else { return }
        if try !found.flag(0) { try transaction.run(script: "CREATE SCHEMA sluice") }
        if try !found.flag(1) {
            try transaction.run(
                script: """
                    CREATE TABLE sluice.versions (
                        layout text NOT NULL,
                        version text NOT NULL,
                        made_at timestamptz NOT NULL DEFAULT now(),
                        PRIMARY KEY (layout, version)
                    )
                    """
            )
        }
    }
}
