internal import GRDB
internal import GatewayKit

/// What is metered, in a SQLite file. Each call is one transaction, which locks the file for writing from its beginning.
///
/// Reservations from bundles are not synced to the disk: they are the one write that a client waits for before its request
/// goes out.
struct SQLiteMeterLedger: MeterLedger {
    let store: SQLiteStore

    func reserve(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime
    ) async throws -> [MeterReserving] {
        try await withCheckedThrowingContinuation { continuation in
            beginReserving(requests, lease: lease) { continuation.resume(with: $0) }
        }
    }

    func beginReserving(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime,
        then answer: @escaping @Sendable (Result<[MeterReserving], any Error>) -> Void
    ) {
        // From a bundle nothing is taken by a reservation, and one of a process that died costs nothing: to lose it with the
        // power says the same. A meter that keeps the account has to hear of it all the same, and a session has paid already.
        let isDurable = requests.contains { $0.bundle == nil || $0.reservation.account.form == .session }
        store.write(
            isDurable: isDurable,
            { db in try requests.map { try reserve($0.reservation, $0.bundle, lease: lease, db) } },
            then: answer
        )
    }

    private func reserve(
        _ reservation: MeterReservation,
        _ bundle: MeterBundle?,
        lease: WallTime,
        _ db: Database
    ) throws -> MeterReserving {
        var setAside: Amount?
        if let bundle {
            let payment = reservation.account.payment
            let balance = try MeterRow.balance(of: payment, db) ?? MeterBalance(capacity: bundle.capacity)
            guard let amount = balance.reservable(Amount(millisatoshis: reservation.reserved)) else {
                return balance.left > .zero ? .busy : .exhausted
            }
            try MeterRow.set(balance.reserving(amount), of: payment, db)
            setAside = amount
        }
        try MeterRow.insert(reservation, setAside: setAside, lease: lease, db)
        return .reserved
    }

    func settle(_ settlements: [(reservation: Bytes32, cost: Amount)]) async throws -> [Bool] {
        try await store.write { db in
            var entries = [LedgerEntry]()
            var answers = [Bool]()
            for (id, cost) in settlements {
                answers.append(try settle(id, cost: cost, reason: nil, in: &entries, db))
            }
            try store.book(entries, db)
            return answers
        }
    }

    func settle(_ reservation: Bytes32, cost: Amount, because reason: String) async throws -> Bool {
        try await store.write { db in
            var entries = [LedgerEntry]()
            let isFirst = try settle(reservation, cost: cost, reason: reason, in: &entries, db)
            try store.book(entries, db)
            return isFirst
        }
    }

    private func settle(
        _ id: Bytes32,
        cost: Amount,
        reason: String?,
        in entries: inout [LedgerEntry],
        _ db: Database
    ) throws -> Bool {
        guard let removed = try MeterRow.remove(id, db) else { return false }
        var taken = Amount.zero
        if let setAside = removed.setAside {
            let payment = removed.reservation.account.payment
            guard let balance = try MeterRow.balance(of: payment, db) else {
                throw StoreFailure("the database holds a reservation of no bundle")
            }
            try MeterRow.set(balance.settling(setAside, cost: cost), of: payment, db)
            taken = cost
        }
        if let entry = LedgerEntry.debit(of: taken, for: removed.reservation, because: reason, at: store.now) {
            entries.append(entry)
        }
        return true
    }

    func extend(_ reservations: [Bytes32], until lease: WallTime) async throws {
        try await store.write { db in
            let statement = try db.cachedStatement(sql: "UPDATE meterReservations SET leaseEndsAt = ? WHERE id = ?")
            for id in reservations {
                try statement.execute(arguments: [lease.milliseconds, id.data])
            }
        }
    }

    func keep(_ response: MeteredUsage.Response, of reservation: Bytes32, until lease: WallTime) async throws {
        try await store.write { try MeterRow.keep(response, of: reservation, until: lease, $0) }
    }

    func takeOver(at time: WallTime, until lease: WallTime, limit: Int) async throws -> [(
        reservation: MeterReservation, response: MeteredUsage.Response?
    )] {
        let due = "SELECT * FROM meterReservations WHERE leaseEndsAt <= ? ORDER BY leaseEndsAt, madeAt LIMIT ?"
        // Mostly nothing is due: that is found out without a lock.
        let isAny = try await store.read { db in
            try Row.fetchOne(db, sql: due, arguments: [time.milliseconds, 1]) != nil
        }
        guard isAny else { return [] }
        return try await store.write { db in
            let rows = try Row.fetchAll(db, sql: due, arguments: [time.milliseconds, limit])
            return try rows.map { row in
                let reservation = try MeterRow.reservation(row)
                try db.execute(
                    sql: "UPDATE meterReservations SET leaseEndsAt = ? WHERE id = ?",
                    arguments: [lease.milliseconds, reservation.id.data]
                )
                return (reservation, MeterRow.response(row))
            }
        }
    }

    func balance(of payment: PaymentHash) async throws -> MeterBalance? {
        try await store.read { try MeterRow.balance(of: payment, $0) }
    }
}
