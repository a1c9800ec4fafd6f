import Foundation
import GRDB
import GatewayKit
import GatewayTesting
import Stores
import Testing

struct SQLiteStartTests {
    /// What keeps a store of this path from starting.
    private func failure(_ path: String) async throws -> String? {
        let store = SQLiteStore(path)
        do {
            try await store.start()
            await store.stop()
            return nil
        } catch let failure as StartFailure {
            return failure.description
        }
    }

    /// A database with a claim in it, closed.
    private func makeDatabase(_ path: String) async throws {
        let store = SQLiteStore(path)
        try await store.start()
        _ = try await store.claim(PaymentHash(.zero))
        for number in 0..<200 {
            try await store.setValue([UInt8](repeating: 1, count: 2_000), for: "test/\(number)")
        }
        await store.stop()
    }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    // MARK: Settings

    @Test func `the file stands in the data folder by default`() async throws {
        let folder = try TemporaryFolder()
        let settings = ExampleSettings()
        let store = settings.make { try SQLiteStore(from: &$0, .example(dataFolder: folder.path("data"))) }
        #expect(settings.messages == [])
        #expect(!FileManager.default.fileExists(atPath: folder.path("data")), "made before it is started")
        try await store?.start()
        await store?.stop()
        #expect(FileManager.default.fileExists(atPath: folder.path("data/sluice.db")))
    }

    @Test func `the file stands where the settings say`() async throws {
        let folder = try TemporaryFolder()
        let settings = ExampleSettings(["path": folder.path("a/b/c.db")])
        let store = settings.make { try SQLiteStore(from: &$0, .example()) }
        #expect(settings.messages == [])
        try await store?.start()
        await store?.stop()
        #expect(FileManager.default.fileExists(atPath: folder.path("a/b/c.db")))
    }

    @Test func `an empty path is a mistake`() {
        let settings = ExampleSettings(["path": ""])
        #expect(settings.make { try SQLiteStore(from: &$0, .example()) } == nil)
        #expect(settings.messages == ["'path' should name a file such as data/sluice.db"])
    }

    @Test func `an unknown key is a mistake of either store`() {
        let settings = ExampleSettings(["pth": "x"])
        _ = settings.make(word: "sqlite") { try SQLiteStore(from: &$0, .example()) }
        _ = settings.make(word: "memory") { try MemoryStore(from: &$0, .example()) }
        #expect(
            settings.messages == [
                "unknown key 'pth' (did you mean 'path'?); 'sqlite' takes keep-quotes, path",
                "unknown key 'pth'; 'memory' takes no settings",
            ]
        )
    }

    // MARK: Starting

    @Test func `what it makes is for its own user alone`() async throws {
        let folder = try TemporaryFolder()
        #expect(try await failure(folder.path("data/deep/sluice.db")) == nil)
        #expect(try permissions(folder.path("data")) == 0o700)
        #expect(try permissions(folder.path("data/deep")) == 0o700)
        #expect(try permissions(folder.path("data/deep/sluice.db")) == 0o600)
    }

    @Test func `every transaction is on disk before its answer`() async throws {
        let folder = try TemporaryFolder()
        let pool = try DatabaseFile(path: folder.path("sluice.db")).open()
        let (journal, synchronous) = try await pool.writeWithoutTransaction { db in
            (
                try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try Int.fetchOne(db, sql: "PRAGMA synchronous")
            )
        }
        try pool.close()
        #expect(journal == "wal")
        #expect(synchronous == 2, "FULL")
    }

    @Test func `one that may be lost with the power is not waited for, and the next one is`() async throws {
        let folder = try TemporaryFolder()
        let pool = try DatabaseFile(path: folder.path("sluice.db")).open()
        let levels = try await pool.writeWithoutTransaction { db in
            let synchronous = "PRAGMA synchronous"
            let during = try db.transaction(isDurable: false) { try Int.fetchOne($0, sql: synchronous) }
            let after = try Int.fetchOne(db, sql: synchronous)
            _ = try? db.transaction(isDurable: false) { _ -> Int in throw StoreFailure("it fails") }
            let afterFailure = try Int.fetchOne(db, sql: synchronous)
            return [during, after, afterFailure]
        }
        try pool.close()
        #expect(levels == [1, 2, 2], "NORMAL, and FULL again")
    }

    @Test func `a name that means something to SQLite is a file like any other`() async throws {
        let folder = try TemporaryFolder()
        #expect(try await failure(folder.path(":memory:")) == nil)
        #expect(FileManager.default.fileExists(atPath: folder.path(":memory:")))
    }

    @Test func `an empty file becomes a database`() async throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path("sluice.db")))
        #expect(try await failure(folder.path("sluice.db")) == nil)
    }

    @Test func `a store that is not open refuses`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        let store = SQLiteStore(path)
        await #expect(throws: StoreFailure("the store \(path) is not open")) {
            try await store.claim(PaymentHash(.zero))
        }
        try await store.start()
        await store.stop()
        await #expect(throws: StoreFailure("the store \(path) is not open")) {
            try await store.claim(PaymentHash(.zero))
        }
        await #expect(throws: StartFailure.self) { try await store.start() }
    }

    // MARK: Failures

    @Test func `a folder in place of the file is told`() async throws {
        let folder = try TemporaryFolder()
        #expect(try await failure(folder.path) == "cannot open \(folder.path): it is a folder, not a file")
    }

    @Test func `a file in place of the folder is told`() async throws {
        let folder = try TemporaryFolder()
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path("file")))
        let path = folder.path("file/sluice.db")
        #expect(try await failure(path) == "cannot open \(path): \(folder.path("file")) is not a folder")
        let deeper = folder.path("file/deeper/sluice.db")
        #expect(
            try await failure(deeper)
                == "cannot open \(deeper): a part of \(folder.path("file/deeper")) is a file, not a folder"
        )
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self")))
    func `a folder that cannot be made is told`() async throws {
        let message = try await failure("/proc/sluice/sluice.db") ?? ""
        #expect(message.hasPrefix("cannot open /proc/sluice/sluice.db: cannot make the folder /proc/sluice: "))
    }

    @Test(.enabled(if: geteuid() != 0))
    func `a folder that cannot be written is told`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
        let path = folder.path("sluice.db")
        #expect(try await failure(path) == "cannot open \(path): permission denied")
    }

    @Test func `a file that is no database is told and left alone`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        let text = Data(String(repeating: "not a database\n", count: 100).utf8)
        try text.write(to: URL(fileURLWithPath: path))
        #expect(
            try await failure(path)
                == "cannot open \(path): it is not a SQLite database; move it away or restore a backup"
        )
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == text)
    }

    @Test func `a database that was cut off is told`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await makeDatabase(path)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 8_192)
        try file.close()
        #expect(try await failure(path) == "cannot open \(path): it is damaged; move it away or restore a backup")
    }

    @Test(arguments: [4_096, 12_288, 40_960, 81_920])
    func `a database with a page overwritten is told`(_ offset: UInt64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await makeDatabase(path)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4_096))
        try file.close()
        #expect(try await failure(path) == "cannot open \(path): it is damaged; move it away or restore a backup")
    }

    @Test func `a database with any byte of its header flipped opens or is told`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await makeDatabase(path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for index in 0..<100 {
            var damaged = whole
            damaged[index] ^= 0xFF
            try damaged.write(to: URL(fileURLWithPath: path))
            if let message = try await failure(path) {
                #expect(message.hasPrefix("cannot open \(path): ") && !message.contains("\n"))
            }
            for suffix in ["-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
            }
        }
    }

    @Test func `the database of another program is told and left alone`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("other.db")
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "CREATE TABLE songs (name TEXT)") }
        try queue.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try await failure(path) == "cannot open \(path): it is the database of another program")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test(arguments: [
        (ResultCode.SQLITE_FULL, "the disk is full"),
        (.SQLITE_BUSY_SNAPSHOT, "another process keeps it locked"),
        (.SQLITE_READONLY, "it cannot be written"),
        (.SQLITE_IOERR_FSYNC, "the disk reports an error (1034)"),
        (.SQLITE_CORRUPT, "it is damaged; move it away or restore a backup"),
    ])
    func `what SQLite says becomes a sentence`(_ code: ResultCode, _ sentence: String) {
        #expect(DatabaseError(resultCode: code).sentence == sentence)
    }

    // MARK: Versions

    @Test func `a database of a newer version is refused`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await makeDatabase(path)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99: from the future')") }
        try queue.close()
        #expect(
            try await failure(path)
                == "cannot open \(path): it was written by a newer version of sluice; run that one, or restore a backup"
        )
    }

    @Test func `a database that is up to date is not migrated again`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await makeDatabase(path)
        #expect(try await failure(path) == nil)
        let pool = try DatabaseFile(path: path).open()
        let applied = try await pool.read(Schema.migrator.appliedMigrations)
        try pool.close()
        #expect(applied == Schema.migrator.migrations)
    }

    @Test func `stores that open a new file at the same time all start`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("sluice.db")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let store = SQLiteStore(path)
                    try await store.start()
                    let isFirst = try await store.claim(PaymentHash(.zero))
                    await store.stop()
                    return isFirst
                }
            }
            let first = try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            #expect(first == 1)
        }
    }
}
