/// What a pool of connections may take, and how long.
package struct PostgresSettings: Sendable {
    /// Connections at most, each with a thread: so many transactions run at the same time.
    package var connections = 8
    /// Transactions that wait for a connection at most; one more fails at once.
    package var waiting = 1_000
    /// How long a transaction waits for a connection.
    package var patience = Duration.seconds(5)
    /// After which time the server gives up a statement, waiting for locks included, and a transaction of which it hears
    /// nothing more: the locks of a pricer that has lost its network are free again then.
    package var statementTime = Duration.seconds(5)
    /// After which time a server that answers nothing at all is taken for lost. Longer than `statementTime`, so that the server
    /// says why, if it can.
    package var answerTime = Duration.seconds(8)
    /// How often a transaction is begun at most, where the server gave it up for others or the connection was lost.
    package var attempts = 5
    /// Between attempts to reach a server that was not there.
    package var reconnect = ReconnectPause()

    package init() {}

    /// Settings of the server for each connection (PostgreSQL, "options"). Commits wait for the disk, whatever the database's
    /// own setting is.
    var serverOptions: [String] {
        // Zero is no limit.
        let limit = max(1, statementTime.milliseconds)
        return [
            "-c statement_timeout=\(limit)", "-c idle_in_transaction_session_timeout=\(limit)",
            "-c synchronous_commit=on",
        ]
    }
}
