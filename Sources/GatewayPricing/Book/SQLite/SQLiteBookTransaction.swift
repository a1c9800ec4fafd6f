internal import GRDB
internal import GatewayKit
internal import Standard

/// Bundles and reservations, as rows of SQLite. Its transactions lock all of the book from their beginning.
struct SQLiteBookTransaction: BookTransaction {
    let db: Database

    // MARK: Bundles

    func addBundle(_ token: String, for service: String, capacity: Amount, at now: WallTime) throws -> Bool {
        try db.execute(
            sql: """
                INSERT INTO bundles (token, service, capacity, soldAt) VALUES (?, ?, ?, ?)
                ON CONFLICT (token) DO NOTHING
                """,
            arguments: [token, service, try capacity.column, now.milliseconds]
        )
        return db.changesCount == 1
    }

    func bundle(_ token: String) throws -> (service: String, balance: MeterBalance)? {
        let statement = try db.cachedStatement(
            sql: "SELECT service, capacity, spent, reserved FROM bundles WHERE token = ?"
        )
        guard let row = try Row.fetchOne(statement, arguments: [token]) else { return nil }
        let service: String = row["service"]
        let balance = MeterBalance(
            capacity: try Amount(column: row["capacity"]),
            spent: try Amount(column: row["spent"]),
            reserved: try Amount(column: row["reserved"])
        )
        return (service, balance)
    }

    func set(_ balance: MeterBalance, of token: String) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE bundles SET spent = ?, reserved = ?, isUsed = 1 WHERE token = ?"
        )
        try statement.execute(arguments: [try balance.spent.column, try balance.reserved.column, token])
    }

    // MARK: Reservations

    func addReservation(for draw: Draw, setAside: Amount, until end: WallTime) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO reservations (token, path, setAside, inputRate, outputRate, input, output, endsAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        try statement.execute(arguments: [
            draw.token, draw.path, try setAside.column, draw.rates.input.description, draw.rates.output.description,
            Int64(clamping: draw.estimate.input), Int64(clamping: draw.estimate.output), end.milliseconds,
        ])
        return db.lastInsertedRowID
    }

    func reservation(_ number: Int64, of token: String, path: String) throws -> Reservation? {
        let row =
            number > 0
            ? try Row.fetchOne(
                db,
                sql: "SELECT * FROM reservations WHERE number = ? AND token = ?",
                arguments: [number, token]
            )
            : try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM reservations WHERE token = ? AND path = ? AND isExpired = 0 ORDER BY number LIMIT 1
                    """,
                arguments: [token, path]
            )
        return try row.map(Self.read)
    }

    private static func read(_ row: Row) throws -> Reservation {
        guard let input = TokenRate(parsing: row["inputRate"]), let output = TokenRate(parsing: row["outputRate"])
        else { throw StoreFailure("the book holds a rate that cannot be read") }
        return Reservation(
            number: row["number"],
            setAside: try Amount(column: row["setAside"]),
            input: input,
            output: output,
            estimate: TokenEstimate(
                input: UInt64(clamping: row["input"] as Int64),
                output: UInt64(clamping: row["output"] as Int64)
            ),
            isExpired: row["isExpired"]
        )
    }

    func removeReservation(_ number: Int64) throws {
        try db.execute(sql: "DELETE FROM reservations WHERE number = ?", arguments: [number])
    }

    // MARK: Time

    func expire(at now: WallTime, of token: String?, limit: Int) throws -> Int {
        let due = "SELECT number, token, setAside FROM reservations WHERE isExpired = 0 AND endsAt <= ?"
        let rows: [Row]
        if let token {
            rows = try Row.fetchAll(
                db,
                sql: due + " AND token = ? LIMIT ?",
                arguments: [now.milliseconds, token, limit]
            )
        } else {
            rows = try Row.fetchAll(db, sql: due + " LIMIT ?", arguments: [now.milliseconds, limit])
        }
        for row in rows {
            let number: Int64 = row["number"]
            let owner: String = row["token"]
            guard let (_, balance) = try bundle(owner) else {
                throw StoreFailure("the book holds a reservation of no bundle")
            }
            try set(balance.settling(try Amount(column: row["setAside"]), cost: .zero), of: owner)
            try db.execute(sql: "UPDATE reservations SET isExpired = 1 WHERE number = ?", arguments: [number])
        }
        return rows.count
    }

    func forget(expiredBy expired: WallTime, soldBy sold: WallTime) throws {
        try db.execute(
            sql: "DELETE FROM reservations WHERE isExpired = 1 AND endsAt <= ?",
            arguments: [expired.milliseconds]
        )
        try db.execute(
            sql: "DELETE FROM bundles WHERE isUsed = 0 AND soldAt <= ?",
            arguments: [sold.milliseconds]
        )
    }
}
