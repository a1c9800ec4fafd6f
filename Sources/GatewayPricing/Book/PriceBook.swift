internal import GRDB
package import GatewayKit
internal import Standard
internal import Stores

/// What was sold, what is reserved and what is spent of it. May be used from any task, and by several processes at once.
///
/// Each call is one transaction, which locks the book for writing from its beginning and, in a file, is on disk before it
/// returns. Of a bundle no more is set aside than is left; a request may cost more than was set aside for it, which the
/// seller bears.
package struct PriceBook: Sendable {
    /// Rows that one transaction looks at, so that no other one waits long.
    private static let batch = 500
    /// For how long a report may come after its reservation has expired.
    private static let latest = Duration.seconds(30 * 86_400)

    private let database: any DatabaseWriter
    private let reservationTime: Duration
    private let unusedTime: Duration

    /// - Throws: `StartFailure`.
    package static func open(_ store: BookStore, for list: PriceList) async throws -> PriceBook {
        PriceBook(
            database: try await store.open(),
            reservationTime: list.reservationTime,
            unusedTime: list.unusedTime
        )
    }

    package func close() throws {
        try database.close()
    }

    private func write<Value: Sendable>(
        _ change: @Sendable @escaping (Database) throws -> Value
    ) async throws(StoreFailure) -> Value {
        do {
            return try await database.write(change)
        } catch let failure as StoreFailure {
            throw failure
        } catch let error as DatabaseError {
            throw StoreFailure("the book cannot answer: \(error.sentence)")
        } catch {
            throw StoreFailure("\(error)")
        }
    }

    // MARK: Selling

    /// Notes what whoever pays comes back with. Saying it again changes nothing, whatever is said then.
    ///
    /// - Parameter capacity: what is paid.
    /// - Returns: true for the first time.
    package func sell(
        _ token: String,
        for service: String,
        capacity: Amount,
        at now: WallTime
    ) async throws(StoreFailure) -> Bool {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO bundles (token, service, capacity, soldAt) VALUES (?, ?, ?, ?)
                    ON CONFLICT (token) DO NOTHING
                    """,
                arguments: [token, service, try capacity.column, now.milliseconds]
            )
            return db.changesCount == 1
        }
    }

    // MARK: Drawing

    package func admit(_ draw: Draw, at now: WallTime) async throws(StoreFailure) -> Admission {
        let end = now.advanced(by: reservationTime)
        return try await write { db in
            _ = try BookRow.expire(at: now, of: draw.token, limit: Self.batch, db)
            guard let (service, balance) = try BookRow.bundle(draw.token, db) else { return .unknown }
            guard service == draw.service else { return .elsewhere }
            guard draw.amount <= balance.capacity else { return .tooLarge }
            guard let setAside = balance.reservable(draw.amount) else {
                return balance.left > .zero ? .busy : .exhausted
            }
            try BookRow.set(balance.reserving(setAside), of: draw.token, db)
            return .admitted(try BookRow.insert(draw, setAside: setAside, until: end, db))
        }
    }

    /// Takes what a request has cost from its bundle, once, and frees what was reserved for it.
    ///
    /// - Parameters:
    ///   - number: what `admit` said; 0 where the gateway does not tell it.
    ///   - response: what came of it.
    /// - Returns: `nil` when nothing was sold for the token.
    package func settle(
        _ number: Int64,
        of token: String,
        path: String,
        _ response: MeteredUsage.Response
    ) async throws(StoreFailure) -> Debit? {
        try await write { db in
            guard let (_, balance) = try BookRow.bundle(token, db) else { return nil }
            guard let reservation = try BookRow.reservation(number, of: token, path: path, db) else {
                return Debit(cost: .zero, left: balance.left, isTold: true)
            }
            let bill = reservation.bill(for: response)
            let after = balance.settling(reservation.isExpired ? .zero : reservation.setAside, cost: bill.amount)
            try BookRow.set(after, of: token, db)
            try BookRow.remove(reservation.number, db)
            return Debit(cost: bill.amount, left: after.left, isTold: bill.isTold)
        }
    }

    // MARK: Looking

    /// `nil` when nothing was sold for the token.
    package func balance(of token: String) async throws(StoreFailure) -> MeterBalance? {
        try await write { try BookRow.bundle(token, $0)?.balance }
    }

    // MARK: Forgetting

    /// Gives back what is reserved for requests that nobody reported in time, and forgets what is of no use any more.
    ///
    /// - Returns: how many reservations were given back.
    package func expire(at now: WallTime) async throws(StoreFailure) -> Int {
        var count = 0
        while true {
            let expired = try await write { try BookRow.expire(at: now, of: nil, limit: Self.batch, $0) }
            count += expired
            if expired < Self.batch { break }
        }
        let reported = now.advanced(by: Duration.zero - Self.latest)
        let sold = now.advanced(by: Duration.zero - unusedTime)
        try await write { db in
            try db.execute(
                sql: "DELETE FROM reservations WHERE isExpired = 1 AND endsAt <= ?",
                arguments: [reported.milliseconds]
            )
            try db.execute(
                sql: "DELETE FROM bundles WHERE isUsed = 0 AND soldAt <= ?",
                arguments: [sold.milliseconds]
            )
        }
        return count
    }
}
