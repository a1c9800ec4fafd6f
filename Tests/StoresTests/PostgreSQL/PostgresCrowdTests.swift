import Dispatch
import NIOConcurrencyHelpers
import PostgresTesting
import Stores
import Testing

/// More who want a connection than there may be, and those who leave again.
@Suite(.timeLimit(.minutes(1)), .enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct PostgresCrowdTests {
    /// Runs `body` while the only connection of a pool is in use.
    private func whileInUse(
        _ settings: PostgresSettings,
        _ body: (PostgresPool) async throws -> Void
    ) async throws {
        var settings = settings
        settings.connections = 1
        try await PostgresPool.with(settings) { pool in
            let gate = DispatchSemaphore(value: 0)
            let (begun, begins) = AsyncStream.makeStream(of: Void.self)
            async let holding: Void = pool.transaction { _ in
                begins.finish()
                gate.wait()
            }
            for await _ in begun {}
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(pool))
            } catch {
                result = .failure(error)
            }
            gate.signal()
            try await holding
            try result.get()
        }
    }

    @Test func `who waits too long for a connection is told so`() async throws {
        var settings = PostgresSettings()
        settings.patience = .milliseconds(1)
        try await whileInUse(settings) { pool in
            await #expect(throws: PostgresFailure.crowded) { try await pool.processNumber() }
        }
    }

    @Test func `where as many wait as may, one more is told so at once`() async throws {
        var settings = PostgresSettings()
        settings.waiting = 0
        settings.patience = .seconds(600)
        try await whileInUse(settings) { pool in
            await #expect(throws: PostgresFailure.crowded) { try await pool.processNumber() }
        }
    }

    @Test func `closing tells those who wait, and lets end what is under way`() async throws {
        try await whileInUse(PostgresSettings()) { pool in
            let waiting = Task { try await pool.processNumber() }
            pool.close()
            await #expect(throws: PostgresFailure.closed) { try await waiting.value }
        }
    }

    @Test func `many at a time share the connections that there may be`() async throws {
        var settings = PostgresSettings()
        settings.connections = 3
        let numbers = try await PostgresPool.with(settings) { pool in
            try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<60 { group.addTask { try await pool.processNumber() } }
                return try await group.reduce(into: Set<Int64?>()) { $0.insert($1) }
            }
        }
        #expect((1...3).contains(numbers.count))
        #expect(!numbers.contains(nil))
    }

    // MARK: Leaving

    @Test func `for somebody who has left while he waited nothing is done`() async throws {
        let hasRun = NIOLockedValueBox(false)
        try await whileInUse(PostgresSettings()) { pool in
            let waiting = Task {
                try await pool.transaction { _ in hasRun.withLockedValue { $0 = true } }
            }
            waiting.cancel()
        }
        #expect(!hasRun.withLockedValue { $0 })
    }

    @Test func `for somebody who leaves in the middle nothing is written`() async throws {
        try await PostgresPool.with { pool in
            try await pool.transaction { try $0.run(script: "CREATE TABLE t (n bigint)") }
            let gate = DispatchSemaphore(value: 0)
            let (begun, begins) = AsyncStream.makeStream(of: Void.self)
            let leaving = Task {
                try await pool.transaction { transaction in
                    try transaction.run("INSERT INTO t VALUES ($1)", .integer(1))
                    begins.finish()
                    gate.wait()
                }
            }
            for await _ in begun {}
            leaving.cancel()
            gate.signal()
            await #expect(throws: CancellationError.self) { try await leaving.value }
            let count = try await pool.count()
            #expect(count == 0)
        }
    }
}
