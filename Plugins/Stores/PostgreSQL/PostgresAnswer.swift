internal import CPostgres

/// What the server answered to one statement.
struct PostgresAnswer {
    /// `PG_DIAG_SQLSTATE` and `PG_DIAG_MESSAGE_PRIMARY`, which Swift does not see: they are C's characters.
    private static let stateField = Int32(UInt8(ascii: "C"))
    private static let messageField = Int32(UInt8(ascii: "M"))

    /// `COMMIT`, or `UPDATE 3`.
    let command: String
    let rows: [PostgresRow]
    /// Rows that it wrote or returned.
    let count: Int

    /// - Throws: what the server refused.
    init(_ result: OpaquePointer) throws(PostgresFailure) {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: break
        default:
            throw .refused(
                SQLState(Self.text(Self.stateField, of: result) ?? "XX000"),
                Self.text(Self.messageField, of: result) ?? "the server's answer cannot be read"
            )
        }
        command = String(cString: PQcmdStatus(result))
        count = Int(String(cString: PQcmdTuples(result))) ?? 0
        let columns = PQnfields(result)
        rows = (0..<PQntuples(result)).map { row in
            PostgresRow((0..<columns).map { Self.value(of: result, row, $0) })
        }
    }

    private static func text(_ field: Int32, of result: OpaquePointer) -> String? {
        guard let text = PQresultErrorField(result, field) else { return nil }
        return String(cString: text)
    }

    private static func value(of result: OpaquePointer, _ row: Int32, _ column: Int32) -> [UInt8]? {
        guard PQgetisnull(result, row, column) == 0 else { return nil }
        let length = Int(PQgetlength(result, row, column))
        return Array(UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length))
    }
}
