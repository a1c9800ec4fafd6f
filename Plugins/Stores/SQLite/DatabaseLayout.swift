package import GRDB

/// What a database holds, by versions, and the number by which it is known. The first version sets that number.
package struct DatabaseLayout: Sendable {
    /// In the header of the file (SQLite file format, §1.2.14).
    package let applicationID: Int
    package let migrator: DatabaseMigrator

    package init(applicationID: Int, migrator: DatabaseMigrator) {
        self.applicationID = applicationID
        self.migrator = migrator
    }

    /// Brings the database to the newest version; other processes may be doing the same.
    package func migrate(_ database: some DatabaseWriter) throws {
        var attempts = migrator.migrations.count
        while true {
            do {
                return try migrator.migrate(database)
            } catch {
                // Each version is a transaction: one that another process committed first fails here and is there already.
                attempts -= 1
                if attempts < 0 { throw error }
                if try database.read(migrator.hasCompletedMigrations) { return }
            }
        }
    }
}
