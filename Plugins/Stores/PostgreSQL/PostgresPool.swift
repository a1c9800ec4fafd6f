internal import Foundation
package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// Connections to one database, and the threads that wait for its answers. May be used from any task.
///
/// A transaction waits for a connection for a bounded time, in a queue of a bounded length, and each of its statements is bounded
/// as well. One that the server has given up for others, or whose connection was lost before it was committed, is run again: its
/// work changes nothing but the database. While the server cannot be reached everybody is told at once.
package final class PostgresPool: Sendable {
    /// A connection that is idle; `nil`: whoever gets it makes one.
    private typealias Lease = Result<PostgresConnection?, PostgresFailure>

    private struct Waiter: Sendable {
        /// Called once, on any thread, which it does not block.
        let serve: @Sendable (Lease) -> Void
        var alarm: Scheduled<Void>?
    }

    package let address: PostgresAddress
    private let settings: PostgresSettings
    private let threads: NIOThreadPool
    private let leases: NIOLockedValueBox<ConnectionLeases<PostgresConnection, Waiter>>
    private let reconnect: NIOLockedValueBox<ReconnectPause>

    /// Connects to nothing yet.
    package init(_ address: PostgresAddress, settings: PostgresSettings = PostgresSettings()) {
        self.address = address
        self.settings = settings
        // As many as there are connections: work never waits for a thread.
        threads = NIOThreadPool(numberOfThreads: settings.connections)
        leases = NIOLockedValueBox(ConnectionLeases(limit: settings.connections, waiting: settings.waiting))
        reconnect = NIOLockedValueBox(settings.reconnect)
        threads.start()
    }

    deinit {
        // Nothing is under way any more: what is holds the pool.
        threads.shutdownGracefully { _ in }
    }

    /// A pool of a database that has the newest version of `layout`.
    package static func open(
        _ address: PostgresAddress,
        layout: PostgresLayout,
        settings: PostgresSettings = PostgresSettings()
    ) async throws(StartFailure) -> PostgresPool {
        var patient = settings
        patient.connections = 1
        // Another process may be changing large tables.
        patient.statementTime = .seconds(600)
        patient.answerTime = .seconds(610)
        let pool = PostgresPool(address, settings: patient)
        defer { pool.close() }
        do {
            try await pool.transaction { try layout.migrate($0) }
        } catch let failure as StartFailure {
            throw StartFailure("cannot open \(address): \(failure)")
        } catch {
            throw StartFailure("cannot open \(address): \(error)")
        }
        return PostgresPool(address, settings: settings)
    }

    /// Lets go of the connections. Transactions that are under way end; others fail.
    package func close() {
        let (_, waiting) = leases.withLockedValue { $0.close() }
        for waiter in waiting {
            waiter.alarm?.cancel()
            waiter.serve(.failure(.closed))
        }
    }

    // MARK: Transactions

    /// Runs `work` in a transaction, on a thread that may block. It is committed when this returns.
    ///
    /// - Parameter work: may run several times.
    /// - Throws: what `work` throws; `PostgresFailure`; `CancellationError` when the task was cancelled before it was committed:
    ///   nothing is to be set aside for somebody who has gone.
    package func transaction<Value: Sendable>(
        _ work: @escaping @Sendable (PostgresTransaction) throws -> Value
    ) async throws -> Value {
        let isCancelled = NIOLockedValueBox(false)
        let result: Result<Value, any Error> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                lease { lease in
                    switch lease {
                    case .failure(let failure): continuation.resume(returning: .failure(failure))
                    case .success(let idle):
                        self.threads.submit { _ in
                            let (result, kept) = self.run(work, on: idle, unless: isCancelled)
                            self.giveBack(kept)
                            continuation.resume(returning: result)
                        }
                    }
                }
            }
        } onCancel: {
            isCancelled.withLockedValue { $0 = true }
        }
        return try result.get()
    }

    /// On a thread of the pool.
    ///
    /// - Returns: with the result the connection that may be used again.
    private func run<Value>(
        _ work: (PostgresTransaction) throws -> Value,
        on idle: PostgresConnection?,
        unless isCancelled: NIOLockedValueBox<Bool>
    ) -> (Result<Value, any Error>, PostgresConnection?) {
        var connection = idle
        var attempt = 1
        while true {
            let result: Result<Value, any Error>
            do {
                try Self.check(isCancelled)
                let usable = try connection ?? connect()
                connection = usable
                let value = try usable.transaction { transaction -> Value in
                    let value = try work(transaction)
                    try Self.check(isCancelled)
                    return value
                }
                result = .success(value)
            } catch {
                result = .failure(error)
            }
            if connection?.isIdle == false { connection = nil }
            guard case .failure(let failure as PostgresFailure) = result, failure.isPassing,
                attempt < settings.attempts
            else { return (result, connection) }
            if case .lost = failure {
                // What cuts one connection off cuts off others.
                _ = leases.withLockedValue { $0.dropIdle() }
            } else {
                // Those that met here are not to meet again.
                usleep(UInt32.random(in: 500...(4_000 * UInt32(attempt))))
            }
            attempt += 1
        }
    }

    private static func check(_ isCancelled: NIOLockedValueBox<Bool>) throws(CancellationError) {
        if isCancelled.withLockedValue({ $0 }) { throw CancellationError() }
    }

    private func connect() throws(PostgresFailure) -> PostgresConnection {
        if let failure = reconnect.withLockedValue({ $0.failure(at: .now) }) { throw failure }
        do throws(PostgresFailure) {
            let connection = try PostgresConnection(address, settings)
            reconnect.withLockedValue { $0.reached() }
            return connection
        } catch {
            reconnect.withLockedValue { $0.failed(error, at: .now) }
            throw error
        }
    }

    // MARK: Leases

    private func lease(_ serve: @escaping @Sendable (Lease) -> Void) {
        switch leases.withLockedValue({ $0.take(Waiter(serve: serve)) }) {
        case .granted(let connection): serve(.success(connection))
        case .refused(let failure): serve(.failure(failure))
        case .waits(let number): wakeLate(number)
        }
    }

    private func wakeLate(_ number: UInt64) {
        let alarm = MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: TimeAmount(settings.patience)) {
            let waiter = self.leases.withLockedValue { $0.callAway(number) }
            waiter?.serve(.failure(.crowded))
        }
        let waits = leases.withLockedValue { $0.change(number) { $0.alarm = alarm } }
        if !waits { alarm.cancel() }
    }

    private func giveBack(_ connection: PostgresConnection?) {
        guard let waiter = leases.withLockedValue({ $0.giveBack(connection) }) else { return }
        waiter.alarm?.cancel()
        waiter.serve(.success(connection))
    }
}
