internal import GatewayKit
internal import Standard
internal import Stores

/// Bundles and reservations, as rows of PostgreSQL.
///
/// Whoever changes anything of a bundle holds the lock of its row from before he looks until he commits, so that nothing that
/// was read is out of date when something is written. Many bundles are locked in the order of their tokens: nobody waits in
/// a circle.
struct PostgresBookTransaction: BookTransaction {
    let transaction: PostgresTransaction

    // MARK: Bundles

    func addBundle(_ token: String, for service: String, capacity: Amount, at now: WallTime) throws -> Bool {
        let added = try transaction.run(
            """
            INSERT INTO sluice.price_bundles (token, service, capacity, sold_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (token) DO NOTHING
            """,
            .utf8(token),
            .utf8(service),
            .integer(try capacity.column),
            .integer(now.milliseconds)
        )
        return added == 1
    }

    func bundle(_ token: String) throws -> (service: String, balance: MeterBalance)? {
        let row = try transaction.row(
            "SELECT service, capacity, spent, reserved FROM sluice.price_bundles WHERE token = $1 FOR UPDATE",
            .utf8(token)
        )
        guard let row else { return nil }
        let balance = MeterBalance(
            capacity: try Amount(column: try row.integer(1)),
            spent: try Amount(column: try row.integer(2)),
            reserved: try Amount(column: try row.integer(3))
        )
        return (try row.text(0), balance)
    }

    func set(_ balance: MeterBalance, of token: String) throws {
        try transaction.run(
            "UPDATE sluice.price_bundles SET spent = $1, reserved = $2, is_used = true WHERE token = $3",
            .integer(try balance.spent.column),
            .integer(try balance.reserved.column),
            .utf8(token)
        )
    }

    // MARK: Reservations

    func addReservation(for draw: Draw, setAside: Amount, until end: WallTime) throws -> Int64 {
        let row = try transaction.row(
            """
            INSERT INTO sluice.price_reservations
                (token, path, set_aside, input_rate, output_rate, input, output, ends_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number
            """,
            .utf8(draw.token),
            .utf8(draw.path),
            .integer(try setAside.column),
            .text(draw.rates.input.description),
            .text(draw.rates.output.description),
            .integer(Int64(clamping: draw.estimate.input)),
            .integer(Int64(clamping: draw.estimate.output)),
            .integer(end.milliseconds)
        )
        guard let row else { throw StoreFailure("the book gave a reservation no number") }
        return try row.integer(0)
    }

    func reservation(_ number: Int64, of token: String, path: String) throws -> Reservation? {
        let row =
            number > 0
            ? try transaction.row(
                """
                SELECT number, set_aside, input_rate, output_rate, input, output, is_expired
                FROM sluice.price_reservations WHERE number = $1 AND token = $2
                """,
                .integer(number),
                .utf8(token)
            )
            : try transaction.row(
                """
                SELECT number, set_aside, input_rate, output_rate, input, output, is_expired
                FROM sluice.price_reservations WHERE token = $1 AND path = $2 AND NOT is_expired ORDER BY number LIMIT 1
                """,
                .utf8(token),
                .utf8(path)
            )
        return try row.map(Self.read)
    }

    private static func read(_ row: PostgresRow) throws -> Reservation {
        guard let input = TokenRate(parsing: try row.text(2)), let output = TokenRate(parsing: try row.text(3))
        else { throw StoreFailure("the book holds a rate that cannot be read") }
        return Reservation(
            number: try row.integer(0),
            setAside: try Amount(column: try row.integer(1)),
            input: input,
            output: output,
            estimate: TokenEstimate(
                input: UInt64(clamping: try row.integer(4)),
                output: UInt64(clamping: try row.integer(5))
            ),
            isExpired: try row.flag(6)
        )
    }

    func removeReservation(_ number: Int64) throws {
        try transaction.run("DELETE FROM sluice.price_reservations WHERE number = $1", .integer(number))
    }

    // MARK: Time

    func expire(at now: WallTime, of token: String?, limit: Int) throws -> Int {
        if let token { return try expire(at: now, ofOne: .utf8(token), limit: limit) }
        let rows = try transaction.rows(
            """
            SELECT DISTINCT token FROM sluice.price_reservations WHERE NOT is_expired AND ends_at <= $1
            ORDER BY token LIMIT $2
            """,
            .integer(now.milliseconds),
            .integer(Int64(limit))
        )
        var count = 0
        for row in rows {
            count += try expire(at: now, ofOne: .bytes(try row.bytes(0)), limit: limit)
        }
        return count
    }

    private func expire(at now: WallTime, ofOne token: PostgresValue, limit: Int) throws -> Int {
        let bundle = try transaction.row(
            """
            SELECT EXISTS (
                SELECT FROM sluice.price_reservations WHERE token = $1 AND NOT is_expired AND ends_at <= $2
            ) FROM sluice.price_bundles WHERE token = $1 FOR UPDATE
            """,
            token,
            .integer(now.milliseconds)
        )
        guard let bundle, try bundle.flag(0) else { return 0 }
        // A statement after the one that got the lock: it sees what was committed while that waited.
        let row = try transaction.row(
            """
            WITH gone AS (
                UPDATE sluice.price_reservations SET is_expired = true
                WHERE number IN (
                    SELECT number FROM sluice.price_reservations
                    WHERE token = $1 AND NOT is_expired AND ends_at <= $2 ORDER BY number LIMIT $3
                )
                RETURNING set_aside
            ), freed AS (
                SELECT count(*) AS count, coalesce(sum(set_aside), 0)::bigint AS amount FROM gone
            ), given AS (
                UPDATE sluice.price_bundles SET reserved = greatest(reserved - freed.amount, 0), is_used = true
                FROM freed WHERE token = $1 AND freed.count > 0
            )
            SELECT count FROM freed
            """,
            token,
            .integer(now.milliseconds),
            .integer(Int64(limit))
        )
        return Int(clamping: try row?.integer(0) ?? 0)
    }

    func forget(expiredBy expired: WallTime, soldBy sold: WallTime) throws {
        // So many that a statement has the time for; the next upkeep goes on.
        try transaction.run(
            """
            DELETE FROM sluice.price_reservations WHERE number = ANY (ARRAY(
                SELECT number FROM sluice.price_reservations WHERE is_expired AND ends_at <= $1 LIMIT 20000
            ))
            """,
            .integer(expired.milliseconds)
        )
        // What another pricer holds is in use, or is being forgotten.
        try transaction.run(
            """
            DELETE FROM sluice.price_bundles WHERE token = ANY (ARRAY(
                SELECT token FROM sluice.price_bundles WHERE NOT is_used AND sold_at <= $1
                LIMIT 20000 FOR UPDATE SKIP LOCKED
            ))
            """,
            .integer(sold.milliseconds)
        )
    }
}
