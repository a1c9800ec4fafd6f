internal import Foundation
internal import GRDB
internal import GatewayKit

/// An issued invoice as a row of the table `invoices`.
enum InvoiceRow {
    /// SQLite's integers end at `Int64.max`, which is four thousand times the bitcoin that can exist.
    static func fits(_ invoice: IssuedInvoice) -> Bool {
        Int64(exactly: invoice.invoice.amount.millisatoshis) != nil
    }

    /// Changes nothing when the invoice is there already, whatever its state.
    ///
    /// - Returns: false then.
    static func insert(_ issued: IssuedInvoice, _ db: Database) throws -> Bool {
        guard let amount = Int64(exactly: issued.invoice.amount.millisatoshis) else {
            throw StoreFailure("an invoice has an impossible amount")
        }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO invoices
                    (payment, bolt11, amount, expiresAt, service, route, issuedAt, state, settledAt, quote, conversion,
                    node)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (payment) DO NOTHING
                """
        )
        try statement.execute(arguments: [
            issued.invoice.paymentHash.bytes.data, issued.invoice.bolt11, amount,
            issued.invoice.expiresAt.milliseconds, issued.service, issued.route, issued.issuedAt.milliseconds,
            issued.state.rawValue, issued.settledAt?.milliseconds, issued.quote?.description, issued.conversion,
            issued.invoice.node,
        ])
        return db.changesCount == 1
    }

    /// - Returns: false when there is no such invoice, or it is settled already.
    static func settle(_ payment: PaymentHash, at time: WallTime, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "UPDATE invoices SET state = ?, settledAt = ? WHERE payment = ? AND state = ?"
        )
        try statement.execute(arguments: [
            IssuedInvoice.State.settled.rawValue, time.milliseconds, payment.bytes.data,
            IssuedInvoice.State.open.rawValue,
        ])
        return db.changesCount == 1
    }

    static func fetch(_ payment: PaymentHash, _ db: Database) throws -> IssuedInvoice? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM invoices WHERE payment = ?")
        guard let row = try Row.fetchOne(statement, arguments: [payment.bytes.data]) else { return nil }
        let amount: Int64 = row["amount"]
        guard let millisatoshis = UInt64(exactly: amount), let state = IssuedInvoice.State(rawValue: row["state"])
        else {
            throw StoreFailure("the database holds an invoice that cannot be right")
        }
        let settledAt: Int64? = row["settledAt"]
        let quote: String? = row["quote"]
        return IssuedInvoice(
            invoice: Invoice(
                bolt11: row["bolt11"],
                paymentHash: payment,
                amount: Amount(millisatoshis: millisatoshis),
                expiresAt: WallTime(milliseconds: row["expiresAt"]),
                node: row["node"]
            ),
            service: row["service"],
            route: row["route"],
            issuedAt: WallTime(milliseconds: row["issuedAt"]),
            state: state,
            settledAt: settledAt.map { WallTime(milliseconds: $0) },
            quote: quote.flatMap { ExchangeID(parsing: $0) },
            conversion: row["conversion"]
        )
    }
}

extension Bytes32 {
    var data: Data {
        withUnsafeBytes { Data($0) }
    }

    /// - Throws: `StoreFailure` when the column does not hold 32 bytes.
    init(_ row: Row, _ column: String) throws {
        let data: Data? = row[column]
        guard let data, let bytes = Bytes32(data) else {
            throw StoreFailure("the database holds a \(column) that is not 32 bytes")
        }
        self = bytes
    }
}
