internal import GRDB
internal import Stores

/// The tables of the book, by versions. A version that was released is never changed; a change is a new version.
enum BookLayout {
    /// `Slpr` in ASCII.
    static let applicationID = 0x536C_7072

    static var layout: DatabaseLayout { DatabaseLayout(applicationID: applicationID, migrator: migrator) }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: bundles and reservations") { db in
            try db.execute(
                sql: """
                    CREATE TABLE bundles (
                        token TEXT NOT NULL PRIMARY KEY,
                        service TEXT NOT NULL,
                        -- all amounts: millisatoshi
                        capacity INTEGER NOT NULL CHECK (capacity > 0),
                        spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
                        reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
                        -- all times: milliseconds since 1970
                        soldAt INTEGER NOT NULL,
                        isUsed INTEGER NOT NULL DEFAULT 0
                    ) WITHOUT ROWID;
                    CREATE INDEX unusedBundlesByAge ON bundles (soldAt) WHERE isUsed = 0;
                    CREATE TABLE reservations (
                        -- never used twice, so that a report is told from its repetition
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        token TEXT NOT NULL REFERENCES bundles (token),
                        path TEXT NOT NULL,
                        setAside INTEGER NOT NULL CHECK (setAside >= 0),
                        -- the rates when it was made, as the file writes them
                        inputRate TEXT NOT NULL,
                        outputRate TEXT NOT NULL,
                        -- the tokens that were expected
                        input INTEGER NOT NULL CHECK (input >= 0),
                        output INTEGER NOT NULL CHECK (output >= 0),
                        endsAt INTEGER NOT NULL,
                        -- nobody reported in time: what was set aside was given back
                        isExpired INTEGER NOT NULL DEFAULT 0
                    );
                    CREATE INDEX openReservationsByToken ON reservations (token, number) WHERE isExpired = 0;
                    CREATE INDEX reservationsByEnd ON reservations (isExpired, endsAt);
                    PRAGMA application_id = \(applicationID);
                    """
            )
        }
        return migrator
    }
}
