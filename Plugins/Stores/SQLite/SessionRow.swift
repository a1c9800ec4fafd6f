internal import Foundation
internal import GRDB
internal import GatewayKit

/// A session as a row of the table `sessions`.
enum SessionRow {
    static func fetch(_ id: PaymentHash, _ db: Database) throws -> Session? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM sessions WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.bytes.data]).map(session)
    }

    static func session(_ row: Row) throws -> Session {
        let broken = StoreFailure("the database holds a session that cannot be right")
        guard let state = Session.State(rawValue: row["state"]) else { throw broken }
        let secret: Data? = row["secretHash"]
        let ending: String? = row["ending"]
        let closedAt: Int64? = row["closedAt"]
        let refundDueAt: Int64? = row["refundDueAt"]
        var session = Session(
            id: PaymentHash(try Bytes32(row, "id")),
            service: row["service"],
            price: try amount(row["price"]),
            deposit: try amount(row["deposit"]),
            spent: try amount(row["spent"]),
            returnInvoice: row["returnInvoice"],
            returnPayment: PaymentHash(try Bytes32(row, "returnPayment")),
            refundFee: RefundFee(base: try amount(row["feeBase"]), partsPerMillion: row["feePartsPerMillion"]),
            secretHash: secret.flatMap { Bytes32($0) },
            idleTimeout: .milliseconds(row["idleTimeout"] as Int64),
            openedAt: WallTime(milliseconds: row["openedAt"])
        )
        // A secret that cannot be read must not turn into none.
        guard (secret == nil) == (session.secretHash == nil), session.spent <= session.deposit else { throw broken }
        session.usedAt = WallTime(milliseconds: row["usedAt"])
        session.state = state
        session.ending = ending.flatMap(Session.Ending.init)
        session.closedAt = closedAt.map { WallTime(milliseconds: $0) }
        session.refundAttempts = row["refundAttempts"]
        session.refundDueAt = refundDueAt.map { WallTime(milliseconds: $0) }
        session.refundCost = try amount(row["refundCost"])
        return session
    }

    /// - Throws: when there is one of this id.
    static func insert(_ session: Session, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO sessions (
                    id, service, price, deposit, spent, returnInvoice, returnPayment, feeBase, feePartsPerMillion,
                    secretHash, idleTimeout, openedAt, usedAt, idleAt, state, refundAttempts, refundCost
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, 0)
                """,
            arguments: [
                session.id.bytes.data, session.service, try column(session.price), try column(session.deposit),
                try column(session.spent), session.returnInvoice, session.returnPayment.bytes.data,
                try column(session.refundFee.base), session.refundFee.partsPerMillion, session.secretHash?.data,
                session.idleTimeout.milliseconds, session.openedAt.milliseconds, session.usedAt.milliseconds,
                session.idleAt.milliseconds,
            ]
        )
    }

    /// What counts when a session is used: one row, which may have changed only as `session` says.
    static func noteUse(_ session: Session, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE sessions SET deposit = ?, spent = ?, usedAt = ?, idleAt = ? WHERE id = ? AND state = 'open'"
        )
        try statement.execute(arguments: [
            try column(session.deposit), try column(session.spent), session.usedAt.milliseconds,
            session.idleAt.milliseconds, session.id.bytes.data,
        ])
        guard db.changesCount == 1 else { throw StoreFailure("a session was not there any more") }
    }

    static func noteEnd(_ session: Session, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE sessions SET state = ?, ending = ?, closedAt = ?, refundAttempts = ?, refundDueAt = ?, refundCost = ?
                WHERE id = ?
                """
        )
        try statement.execute(arguments: [
            session.state.rawValue, session.ending?.rawValue, session.closedAt?.milliseconds, session.refundAttempts,
            session.refundDueAt?.milliseconds, try column(session.refundCost), session.id.bytes.data,
        ])
        guard db.changesCount == 1 else { throw StoreFailure("a session was not there any more") }
    }

    /// In millisatoshi.
    static func column(_ amount: Amount) throws -> Int64 {
        guard let column = Int64(exactly: amount.millisatoshis) else {
            throw StoreFailure("a session has an impossible amount")
        }
        return column
    }

    static func amount(_ column: Int64) throws -> Amount {
        guard let millisatoshis = UInt64(exactly: column) else {
            throw StoreFailure("the database holds an amount below zero")
        }
        return Amount(millisatoshis: millisatoshis)
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}
