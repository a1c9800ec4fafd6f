internal import GRDB
internal import GatewayKit

/// What is metered, in a SQLite file. Each call is one transaction, which locks the file for writing from its beginning.
struct SQLiteMeterLedger: MeterLedger {
    let store: SQLiteStore

    func reserve(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime
    ) async throws -> [MeterReserving] {
        try await store.write { db in
            try requests.map { try reserve($0.reservation, $0.bundle, lease: lease, db) }
        }
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
            let now = store.now
            var entries = [LedgerEntry]()
            let answers: [Bool] = try settlements.map { settlement in
                guard let removed = try MeterRow.remove(settlement.reservation, db) else { return false }
                guard let setAside = removed.setAside else { return true }
                let payment = removed.reservation.account.payment
                guard let balance = try MeterRow.balance(of: payment, db) else {
                    throw StoreFailure("the database holds a reservation of no bundle")
                }
                try MeterRow.set(balance.settling(setAside, cost: settlement.cost), of: payment, db)
                if let entry = LedgerEntry.debit(of: settlement.cost, for: removed.reservation, at: now) {
                    entries.append(entry)
                }
                return true
            }
            try store.book(entries, db)
            return answers
        }
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
