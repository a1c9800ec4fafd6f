package import GRDB

/// The tables, by versions. A version that was released is never changed; a change is a new version.
package enum Schema {
    /// Marks a database as the gateway's in its header (SQLite file format, §1.2.14). `Sluc` in ASCII.
    package static let applicationID = 0x536C_7563

    package static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: claims, invoices, revocations, values") { db in
            try db.execute(
                sql: """
                    CREATE TABLE claims (
                        payment BLOB NOT NULL PRIMARY KEY CHECK (length(payment) = 32)
                    ) WITHOUT ROWID;
                    CREATE TABLE invoices (
                        payment BLOB NOT NULL PRIMARY KEY CHECK (length(payment) = 32),
                        bolt11 TEXT NOT NULL,
                        -- millisatoshi
                        amount INTEGER NOT NULL CHECK (amount >= 0),
                        -- all times: milliseconds since 1970
                        expiresAt INTEGER NOT NULL,
                        service TEXT NOT NULL,
                        route TEXT NOT NULL,
                        issuedAt INTEGER NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('open', 'settled')),
                        settledAt INTEGER
                    );
                    CREATE TABLE revocations (
                        -- never used twice, so that a follower misses nothing
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        credential BLOB NOT NULL UNIQUE CHECK (length(credential) = 32),
                        revokedAt INTEGER NOT NULL
                    );
                    CREATE TABLE keptValues (
                        -- UTF-8
                        key BLOB NOT NULL PRIMARY KEY,
                        value BLOB NOT NULL
                    );
                    PRAGMA application_id = \(applicationID);
                    """
            )
        }
        migrator.registerMigration("2: open invoices in the order of their expiry") { db in
            try db.execute(
                sql: "CREATE INDEX openInvoicesByExpiry ON invoices (expiresAt, payment) WHERE state = 'open'"
            )
        }
        migrator.registerMigration("3: what a payment was claimed for") { db in
            try db.execute(sql: "ALTER TABLE claims ADD COLUMN purpose TEXT NOT NULL DEFAULT ''")
        }
        migrator.registerMigration("counters") { db in
            try db.execute(
                sql: """
                    CREATE TABLE counters (
                        -- UTF-8
                        key BLOB NOT NULL PRIMARY KEY,
                        -- by all processes, used or not
                        taken INTEGER NOT NULL CHECK (taken >= 0),
                        endsAt INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE INDEX countersByEnd ON counters (endsAt);
                    """
            )
        }
        return migrator
    }

    /// Brings the database to the newest version; other processes may be doing the same.
    static func migrate(_ pool: DatabasePool) throws {
        let migrator = migrator
        var attempts = migrator.migrations.count
        while true {
            do {
                return try migrator.migrate(pool)
            } catch {
                // Each version is a transaction: one that another process committed first fails here and is there already.
                attempts -= 1
                if attempts < 0 { throw error }
                if try pool.read(migrator.hasCompletedMigrations) { return }
            }
        }
    }
}
