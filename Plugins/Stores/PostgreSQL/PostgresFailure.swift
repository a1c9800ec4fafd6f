/// Why PostgreSQL did not do something. Holds no value of a row.
///
/// But for `uncertain`, nothing of the transaction is there.
package enum PostgresFailure: Error, Hashable, CustomStringConvertible {
    /// There was no connection, and none could be made.
    case unreachable(String)
    /// The connection went away.
    case lost(String)
    /// The connection went away while the transaction was committed: whether it was, nobody knows.
    case uncertain(String)
    /// The server refused.
    case refused(SQLState, String)
    /// The server said nothing in time.
    case silent
    /// No connection became free in time, or as many wait as may.
    case crowded
    case closed
    /// A row or a value is not what it should be.
    case unreadable(String)

    /// The same transaction may well succeed when it is tried again.
    package var isPassing: Bool {
        switch self {
        case .lost: true
        case .refused(let state, _): state.isPassing
        case .unreachable, .uncertain, .silent, .crowded, .closed, .unreadable: false
        }
    }

    /// For the operator, on one line.
    package var description: String {
        switch self {
        case .unreachable(let reason): reason
        case .lost(let reason): "the connection was lost: \(reason)"
        case .uncertain(let reason): "the connection was lost, and nobody knows whether it was written: \(reason)"
        case .refused(let state, let message): "\(state.sentence ?? message) (\(state))"
        case .silent: "the server does not answer"
        case .crowded: "all connections are in use"
        case .closed: "it is closed"
        case .unreadable(let what): what
        }
    }
}
