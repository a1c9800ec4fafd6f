internal import GRDB
internal import GatewayKit

extension StoreFailure {
    /// Why SQLite did not do something. Holds no value of a row.
    init(_ error: any Error) {
        switch error {
        case let failure as StoreFailure: self = failure
        case let error as DatabaseError: self.init("the store cannot answer: \(error.sentence)")
        case is CancellationError: self.init("the request was cancelled while the store was asked")
        default: self.init("\(error)")
        }
    }
}

extension DatabaseError {
    /// For the operator, on one line.
    package var sentence: String {
        switch resultCode {
        case .SQLITE_FULL: "the disk is full"
        case .SQLITE_BUSY, .SQLITE_LOCKED: "another process keeps it locked"
        case .SQLITE_READONLY: "it cannot be written"
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH: "permission denied, or the folder is not there"
        case .SQLITE_IOERR: "the disk reports an error (\(extendedResultCode.rawValue))"
        case .SQLITE_NOTADB: "it is not a SQLite database; move it away or restore a backup"
        case .SQLITE_CORRUPT: "it is damaged; move it away or restore a backup"
        default: "\(message ?? "SQLite error") (\(extendedResultCode.rawValue))"
        }
    }
}
