package import GatewayKit
internal import Standard

/// What was sold, what is reserved and what is spent of it. May be used from any task, and by several processes at once.
///
/// Each call is one transaction, which keeps everybody else from its bundle and, but in memory, is on disk before it returns. Of a
/// bundle no more is set aside than is left; a request may cost more than was set aside for it, which the seller bears.
package struct PriceBook: Sendable {
    /// Rows that one transaction looks at, so that no other one waits long.
    private static let batch = 500
    /// For how long a report may come after its reservation has expired.
    private static let latest = Duration.seconds(30 * 86_400)

    private let database: any BookDatabase
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
        try await database.write { try $0.addBundle(token, for: service, capacity: capacity, at: now) }
    }

    // MARK: Drawing

    package func admit(_ draw: Draw, at now: WallTime) async throws(StoreFailure) -> Admission {
        let end = now.advanced(by: reservationTime)
        return try await database.write { book in
            _ = try book.expire(at: now, of: draw.token, limit: Self.batch)
            guard let (service, balance) = try book.bundle(draw.token) else { return .unknown }
            guard service == draw.service else { return .elsewhere }
            guard draw.amount <= balance.capacity else { return .tooLarge }
            guard let setAside = balance.reservable(draw.amount) else {
                return balance.left > .zero ? .busy : .exhausted
            }
            try book.set(balance.reserving(setAside), of: draw.token)
            return .admitted(try book.addReservation(for: draw, setAside: setAside, until: end))
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
        try await database.write { book in
            guard let (_, balance) = try book.bundle(token) else { return nil }
            guard let reservation = try book.reservation(number, of: token, path: path) else {
                return Debit(cost: .zero, left: balance.left, isTold: true)
            }
            let bill = reservation.bill(for: response)
            let after = balance.settling(reservation.isExpired ? .zero : reservation.setAside, cost: bill.amount)
            try book.set(after, of: token)
            try book.removeReservation(reservation.number)
            return Debit(cost: bill.amount, left: after.left, isTold: bill.isTold)
        }
    }

    // MARK: Looking

    /// `nil` when nothing was sold for the token.
    package func balance(of token: String) async throws(StoreFailure) -> MeterBalance? {
        try await database.write { try $0.bundle(token)?.balance }
    }

    // MARK: Forgetting

    /// Gives back what is reserved for requests that nobody reported in time, and forgets what is of no use any more.
    ///
    /// - Returns: how many reservations were given back.
    package func expire(at now: WallTime) async throws(StoreFailure) -> Int {
        var count = 0
        while true {
            let expired = try await database.write { try $0.expire(at: now, of: nil, limit: Self.batch) }
            count += expired
            if expired < Self.batch { break }
        }
        let expired = now.advanced(by: Duration.zero - Self.latest)
        let sold = now.advanced(by: Duration.zero - unusedTime)
        try await database.write { try $0.forget(expiredBy: expired, soldBy: sold) }
        return count
    }
}
