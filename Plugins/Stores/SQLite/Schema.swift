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
        migrator.registerMigration("4: sessions") { db in
            try db.execute(
                sql: """
                    CREATE TABLE sessions (
                        id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
                        service TEXT NOT NULL,
                        -- all amounts: millisatoshi
                        price INTEGER NOT NULL CHECK (price > 0),
                        deposit INTEGER NOT NULL,
                        spent INTEGER NOT NULL CHECK (spent BETWEEN 0 AND deposit),
                        returnInvoice TEXT NOT NULL,
                        returnPayment BLOB NOT NULL UNIQUE CHECK (length(returnPayment) = 32),
                        feeBase INTEGER NOT NULL CHECK (feeBase >= 0),
                        feePartsPerMillion INTEGER NOT NULL CHECK (feePartsPerMillion >= 0),
                        secretHash BLOB CHECK (length(secretHash) = 32),
                        -- milliseconds
                        idleTimeout INTEGER NOT NULL,
                        openedAt INTEGER NOT NULL,
                        usedAt INTEGER NOT NULL,
                        idleAt INTEGER NOT NULL,
                        state TEXT NOT NULL CHECK (state IN ('open', 'closing', 'closed', 'given-up')),
                        ending TEXT CHECK (ending IN ('client', 'idle', 'timeout')),
                        closedAt INTEGER,
                        refundAttempts INTEGER NOT NULL,
                        refundDueAt INTEGER,
                        refundCost INTEGER NOT NULL CHECK (refundCost >= 0)
                    ) WITHOUT ROWID;
                    CREATE INDEX openSessionsByIdleness ON sessions (idleAt) WHERE state = 'open';
                    CREATE INDEX closingSessionsByRefund ON sessions (refundDueAt) WHERE state = 'closing';
                    CREATE TABLE sessionDeposits (
                        payment BLOB NOT NULL PRIMARY KEY CHECK (length(payment) = 32),
                        session BLOB NOT NULL REFERENCES sessions (id),
                        amount INTEGER NOT NULL CHECK (amount > 0),
                        receivedAt INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE INDEX depositsBySession ON sessionDeposits (session);
                    CREATE TABLE sessionActions (
                        challenge BLOB NOT NULL PRIMARY KEY CHECK (length(challenge) = 32),
                        fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
                        session BLOB NOT NULL REFERENCES sessions (id),
                        answer TEXT,
                        endAt INTEGER NOT NULL
                    ) WITHOUT ROWID;
                    CREATE INDEX sessionActionsByEnd ON sessionActions (endAt);
                    """
            )
        }
        migrator.registerMigration("5: counters") { db in
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
        migrator.registerMigration("6: meters") { db in
            try db.execute(sql: meters)
        }
        migrator.registerMigration("7: the ledger") { db in
            try db.execute(sql: ledger)
        }
        migrator.registerMigration("8: which node made an invoice") { db in
            try db.execute(sql: "ALTER TABLE invoices ADD COLUMN node TEXT")
        }
        return migrator
    }

    private static let ledger = """
        ALTER TABLE claims ADD COLUMN credential BLOB;
        ALTER TABLE invoices ADD COLUMN quote TEXT;
        ALTER TABLE invoices ADD COLUMN conversion TEXT;
        ALTER TABLE meterReservations ADD COLUMN route TEXT NOT NULL DEFAULT '';
        ALTER TABLE meterReservations ADD COLUMN credential BLOB;
        CREATE TABLE ledger (
            chain TEXT NOT NULL,
            position INTEGER NOT NULL,
            kind TEXT NOT NULL,
            at INTEGER NOT NULL,
            -- millisatoshi
            amount INTEGER NOT NULL,
            payment BLOB NOT NULL,
            service TEXT NOT NULL,
            route TEXT NOT NULL,
            quote TEXT,
            credential BLOB,
            detail TEXT NOT NULL,
            hash BLOB NOT NULL,
            PRIMARY KEY (chain, position)
        ) WITHOUT ROWID;
        CREATE TABLE ledgerChains (
            name TEXT NOT NULL PRIMARY KEY,
            -- the last row that was forgotten
            startPosition INTEGER NOT NULL,
            startHash BLOB NOT NULL,
            -- the last row
            endPosition INTEGER NOT NULL,
            endHash BLOB NOT NULL
        ) WITHOUT ROWID;
        """

    private static let meters = """
        CREATE TABLE meterBundles (
            payment BLOB NOT NULL PRIMARY KEY CHECK (length(payment) = 32),
            -- all amounts: millisatoshi
            capacity INTEGER NOT NULL CHECK (capacity >= 0),
            spent INTEGER NOT NULL CHECK (spent >= 0),
            reserved INTEGER NOT NULL CHECK (reserved >= 0)
        ) WITHOUT ROWID;
        CREATE TABLE meterReservations (
            id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 32),
            meter TEXT NOT NULL,
            form TEXT NOT NULL CHECK (form IN ('token', 'charge', 'session')),
            account BLOB NOT NULL CHECK (length(account) = 32),
            payment BLOB NOT NULL CHECK (length(payment) = 32),
            taken INTEGER NOT NULL CHECK (taken >= 0),
            -- 64 bits without a sign, in the meter's unit
            reserved INTEGER NOT NULL,
            -- of the bundle; NULL where the meter keeps the account
            setAside INTEGER CHECK (setAside >= 0),
            note BLOB NOT NULL,
            service TEXT NOT NULL,
            path TEXT NOT NULL,
            madeAt INTEGER NOT NULL,
            leaseEndsAt INTEGER NOT NULL,
            -- what is to be reported, where that did not succeed
            isKept INTEGER NOT NULL DEFAULT 0,
            status INTEGER,
            contentType TEXT,
            contentEncoding TEXT,
            isComplete INTEGER NOT NULL DEFAULT 0,
            byteCount INTEGER NOT NULL DEFAULT 0,
            head BLOB,
            tail BLOB
        ) WITHOUT ROWID;
        CREATE INDEX meterReservationsByLease ON meterReservations (leaseEndsAt);
        """

    package static var layout: DatabaseLayout { DatabaseLayout(applicationID: applicationID, migrator: migrator) }
}
