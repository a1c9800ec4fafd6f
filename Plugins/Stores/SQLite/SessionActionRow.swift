internal import GRDB
internal import GatewayKit

/// An action as a row of the table `sessionActions`.
enum SessionActionRow {
    /// What is to be told to whoever presents a credential whose challenge was used; `nil` when it was not.
    static func earlier(_ action: SessionAction, _ db: Database) throws -> SessionChange? {
        let statement = try db.cachedStatement(
            sql: "SELECT fingerprint, session, answer FROM sessionActions WHERE challenge = ?"
        )
        guard let row = try Row.fetchOne(statement, arguments: [action.challenge.data]) else { return nil }
        guard try Bytes32(row, "fingerprint") == action.fingerprint else { return .challengeUsed }
        guard let session = try SessionRow.fetch(PaymentHash(try Bytes32(row, "session")), db) else {
            throw StoreFailure("the database holds an action of no session")
        }
        return .repeated(session, answer: row["answer"])
    }

    static func insert(_ action: SessionAction, of session: PaymentHash, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO sessionActions (challenge, fingerprint, session, endAt) VALUES (?, ?, ?, ?)"
        )
        try statement.execute(arguments: [
            action.challenge.data, action.fingerprint.data, session.bytes.data, action.end.milliseconds,
        ])
    }
}
