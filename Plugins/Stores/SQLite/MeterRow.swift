internal import Foundation
internal import GRDB
internal import GatewayKit

/// What is metered, as rows of the tables `meterBundles` and `meterReservations`.
enum MeterRow {
    // MARK: Bundles

    static func balance(of payment: PaymentHash, _ db: Database) throws -> MeterBalance? {
        let statement = try db.cachedStatement(
            sql: "SELECT capacity, spent, reserved FROM meterBundles WHERE payment = ?"
        )
        return try Row.fetchOne(statement, arguments: [payment.bytes.data]).map { row in
            MeterBalance(
                capacity: try amount(row["capacity"]),
                spent: try amount(row["spent"]),
                reserved: try amount(row["reserved"])
            )
        }
    }

    static func set(_ balance: MeterBalance, of payment: PaymentHash, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO meterBundles (payment, capacity, spent, reserved) VALUES (?, ?, ?, ?)
                ON CONFLICT (payment) DO UPDATE SET spent = excluded.spent, reserved = excluded.reserved
                """
        )
        try statement.execute(arguments: [
            payment.bytes.data, try column(balance.capacity), try column(balance.spent), try column(balance.reserved),
        ])
    }

    // MARK: Reservations

    static func insert(
        _ reservation: MeterReservation,
        setAside: Amount?,
        lease: WallTime,
        _ db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO meterReservations (
                    id, meter, form, account, payment, taken, reserved, setAside, note, service, path, madeAt,
                    route, credential, leaseEndsAt
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        let account = reservation.account
        try statement.execute(arguments: [
            reservation.id.data, reservation.meter, account.form.rawValue, account.id.data, account.payment.bytes.data,
            try column(account.taken), Int64(bitPattern: reservation.reserved), try setAside.map(column),
            Data(reservation.note), reservation.service, reservation.path, reservation.madeAt.milliseconds,
            reservation.route, reservation.credential?.bytes.data, lease.milliseconds,
        ])
    }

    /// Ends one.
    ///
    /// - Returns: the reservation, and what was set aside of its bundle; `nil` when it was not there any more.
    static func remove(
        _ id: Bytes32,
        _ db: Database
    ) throws -> (reservation: MeterReservation, setAside: Amount?)? {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM meterReservations WHERE id = ? RETURNING
                    id, meter, form, account, payment, taken, reserved, setAside, note, service, path, madeAt,
                    route, credential
                """
        )
        return try Row.fetchOne(statement, arguments: [id.data]).map { row in
            let setAside: Int64? = row["setAside"]
            return (try reservation(row), try setAside.map(amount))
        }
    }

    static func keep(
        _ response: MeteredUsage.Response,
        of id: Bytes32,
        until lease: WallTime,
        _ db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE meterReservations SET leaseEndsAt = ?, isKept = 1, status = ?, contentType = ?,
                    contentEncoding = ?, isComplete = ?, byteCount = ?, head = ?, tail = ?
                WHERE id = ?
                """,
            arguments: [
                lease.milliseconds, response.status, response.contentType, response.contentEncoding,
                response.isComplete, Int64(clamping: response.byteCount), Data(response.head), Data(response.tail),
                id.data,
            ]
        )
    }

    static func reservation(_ row: Row) throws -> MeterReservation {
        guard let form = MeterAccount.Form(rawValue: row["form"]) else {
            throw StoreFailure("the database holds a reservation that cannot be right")
        }
        let account = MeterAccount(
            form: form,
            id: try Bytes32(row, "account"),
            payment: PaymentHash(try Bytes32(row, "payment")),
            taken: try amount(row["taken"])
        )
        let note: Data = row["note"]
        let credential: Data? = row["credential"]
        return MeterReservation(
            id: try Bytes32(row, "id"),
            meter: row["meter"],
            account: account,
            reserved: UInt64(bitPattern: row["reserved"] as Int64),
            note: Array(note),
            service: row["service"],
            path: row["path"],
            madeAt: WallTime(milliseconds: row["madeAt"]),
            route: row["route"],
            credential: credential.flatMap { Bytes32($0) }.map { CredentialID($0) }
        )
    }

    /// `nil` where nothing was kept.
    static func response(_ row: Row) -> MeteredUsage.Response? {
        guard row["isKept"] as Bool else { return nil }
        let (head, tail): (Data?, Data?) = (row["head"], row["tail"])
        var response = MeteredUsage.Response()
        response.status = row["status"]
        response.contentType = row["contentType"]
        response.contentEncoding = row["contentEncoding"]
        response.isComplete = row["isComplete"]
        response.byteCount = UInt64(clamping: row["byteCount"] as Int64)
        response.head = head.map { Array($0) } ?? []
        response.tail = tail.map { Array($0) } ?? []
        return response
    }

    // MARK: Amounts

    private static func amount(_ column: Int64) throws -> Amount {
        guard let millisatoshis = UInt64(exactly: column) else {
            throw StoreFailure("the database holds an amount below zero")
        }
        return Amount(millisatoshis: millisatoshis)
    }

    private static func column(_ amount: Amount) throws -> Int64 {
        guard let column = Int64(exactly: amount.millisatoshis) else {
            throw StoreFailure("an impossible amount is metered")
        }
        return column
    }
}
