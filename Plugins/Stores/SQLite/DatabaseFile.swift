internal import Foundation
package import GRDB
internal import GatewayKit

/// The file of a SQLite database: makes it, looks whether it can be trusted, opens it.
///
/// All of it blocks, for up to `patience` when another process holds the file.
package struct DatabaseFile {
    private static let patience: TimeInterval = 5
    /// What is read whole at the start, to find damage before a request does; takes a fraction of a second.
    private static let checkedSize = 64 * 1024 * 1024

    private let path: String
    private let layout: DatabaseLayout

    /// - Parameter layout: the gateway's own, if nothing else is said.
    package init(path: String, layout: DatabaseLayout = Schema.layout) {
        self.path = path
        self.layout = layout
    }

    /// - Throws: `StartFailure`.
    package func open() throws -> DatabasePool {
        do {
            try makeFolder((absolutePath as NSString).deletingLastPathComponent)
            let isNew = try makeFile()
            if !isNew {
                try retryingWhileBusy { try inspect() }
            }
            return try retryingWhileBusy { try openPool() }
        } catch let failure as StartFailure {
            throw failure
        } catch let error as DatabaseError {
            throw failure(error.sentence)
        } catch {
            throw failure("\(error)")
        }
    }

    /// Absolute, so that SQLite takes no path for a name of its own (`:memory:`, `file:...`).
    private var absolutePath: String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private func failure(_ reason: String) -> StartFailure {
        StartFailure("cannot open \(path): \(reason)")
    }

    // MARK: Files

    /// Only the gateway's own user may look into folders and files that it makes.
    private func makeFolder(_ folder: String) throws {
        if mkdir(folder, 0o700) == 0 { return }
        switch errno {
        case EEXIST:
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw failure("\(folder) is not a folder")
            }
        case ENOENT where folder != "/" && !folder.isEmpty:
            try makeFolder((folder as NSString).deletingLastPathComponent)
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw failure("cannot make the folder \(folder): \(Self.reason(errno))")
            }
        case ENOTDIR:
            throw failure("a part of \(folder) is a file, not a folder")
        case let code:
            throw failure("cannot make the folder \(folder): \(Self.reason(code))")
        }
    }

    /// - Returns: true when there was no file before.
    private func makeFile() throws -> Bool {
        // Never opens one that exists: closing it would release the locks that another store of this process holds on
        // it (SQLite, "How To Corrupt An SQLite Database File", §2.2).
        let file = Foundation.open(absolutePath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 {
            close(file)
            return true
        }
        guard errno == EEXIST else { throw failure(Self.reason(errno)) }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: absolutePath, isDirectory: &isFolder), isFolder.boolValue {
            throw failure("it is a folder, not a file")
        }
        guard access(absolutePath, R_OK | W_OK) == 0 else { throw failure(Self.reason(errno)) }
        return false
    }

    private static func reason(_ code: Int32) -> String {
        code == ENOSPC ? "the disk is full" : String(cString: strerror(code)).lowercased()
    }

    // MARK: Opening

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "sluice"
        configuration.busyMode = .timeout(Self.patience)
        return configuration
    }

    private func openPool() throws -> DatabasePool {
        let pool = try DatabasePool(path: absolutePath, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // After the pool was made, which sets it to NORMAL: that syncs at checkpoints only, and a power failure
            // would take back the last commits (SQLite, "PRAGMA synchronous").
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        try layout.migrate(pool)
        return pool
    }

    /// Refuses a file that is another program's, before anything is written to it.
    private func inspect() throws {
        let queue = try DatabaseQueue(path: absolutePath, configuration: configuration)
        defer { try? queue.close() }
        try queue.read { db in
            // GRDB's own tables come in transactions of their own, before the first version.
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master WHERE name NOT GLOB '*grdb_*'")
            if tables != 0, try Int.fetchOne(db, sql: "PRAGMA application_id") != layout.applicationID {
                throw failure("it is the database of another program")
            }
            if try layout.migrator.hasBeenSuperseded(db) {
                throw failure("it was written by a newer version of sluice; run that one, or restore a backup")
            }
            let size = try FileManager.default.attributesOfItem(atPath: absolutePath)[.size] as? NSNumber
            guard let size, size.intValue <= Self.checkedSize else { return }
            if let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)"), finding != "ok" {
                throw failure("it is damaged; move it away or restore a backup")
            }
        }
    }

    /// Some locks of SQLite do not wait: turning on the write-ahead log is one.
    private func retryingWhileBusy<Value>(_ open: () throws -> Value) throws -> Value {
        let end = Date(timeIntervalSinceNow: Self.patience)
        while true {
            do {
                return try open()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && Date() < end {
                usleep(20_000)
            }
        }
    }
}
