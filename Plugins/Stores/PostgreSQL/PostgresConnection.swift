internal import CPostgres
internal import Foundation

/// A connection, by libpq. What it does blocks, for up to `answerTime`; it is left when its last reference is gone.
///
/// Any thread may use a connection, as long as no two do at the same time (PostgreSQL, "Behavior in Threaded Programs"). The
/// pool sees to it: a connection is idle, or in the hands of one transaction. That is what makes `@unchecked Sendable` true.
final class PostgresConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    private let answerTime: Duration

    /// Connects; blocks.
    init(_ address: PostgresAddress, _ settings: PostgresSettings) throws(PostgresFailure) {
        guard let handle = address.connect(settings) else { throw .unreachable("there is no memory left") }
        guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0 else {
            let message = Self.message(of: handle)
            PQfinish(handle)
            throw .unreachable(message)
        }
        // They would go to standard error.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        // Details and contexts of failures may hold values.
        PQsetErrorVerbosity(handle, PQERRORS_TERSE)
        self.handle = handle
        answerTime = settings.answerTime
    }

    deinit {
        PQfinish(handle)
    }

    /// In no transaction, and good as far as anybody has noticed.
    var isIdle: Bool {
        PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    // MARK: Transactions

    /// Runs `work` in a transaction: all of it is there afterwards, or nothing. Each statement sees what was committed before
    /// it; what must not change meanwhile, the work locks.
    ///
    /// - Throws: what `work` throws, or `PostgresFailure`.
    func transaction<Value>(_ work: (PostgresTransaction) throws -> Value) throws -> Value {
        _ = try ask("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", [])
        let value: Value
        do {
            value = try work(PostgresTransaction(connection: self))
        } catch {
            // Where that fails, the connection is not idle, and nobody uses it again.
            _ = try? ask("ROLLBACK", [])
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(PostgresFailure) {
        let answer: PostgresAnswer
        do throws(PostgresFailure) {
            answer = try ask("COMMIT", [])
        } catch {
            switch error {
            case .lost(let reason): throw .uncertain(reason)
            case .silent: throw .uncertain("the server does not answer")
            default: throw error
            }
        }
        // The server rolls back, and calls that no failure, where a statement failed and the work went on nevertheless.
        guard answer.command == "COMMIT" else { throw .refused(.failedTransaction, "nothing was written") }
    }

    // MARK: Statements

    /// Sends one statement, and waits for what it brings.
    func ask(_ sql: StaticString, _ values: [PostgresValue]) throws(PostgresFailure) -> PostgresAnswer {
        let parameters = try PostgresParameters(values)
        let isSent = parameters.withPointers { pointers in
            PQsendQueryParams(
                handle,
                sql.description,
                Int32(values.count),
                parameters.types,
                pointers,
                parameters.lengths,
                parameters.formats,
                // Binary.
                1
            )
        }
        guard isSent == 1 else { throw loss }
        return try answer()
    }

    /// Sends several statements, without values.
    func run(script: StaticString) throws(PostgresFailure) {
        guard PQsendQuery(handle, script.description) == 1 else { throw loss }
        _ = try answer()
    }

    /// What the last statement that was sent has brought.
    private func answer() throws(PostgresFailure) -> PostgresAnswer {
        let end = ContinuousClock.now.advanced(by: answerTime)
        try flush(until: end)
        var last: PostgresAnswer?
        var refusal: PostgresFailure?
        while true {
            while PQisBusy(handle) == 1 {
                _ = try wait(for: Int16(POLLIN), until: end)
                // The server may have said why it goes.
                guard PQconsumeInput(handle) == 1 else { throw loss }
            }
            guard let result = PQgetResult(handle) else { break }
            defer { PQclear(result) }
            do throws(PostgresFailure) {
                last = try PostgresAnswer(result)
            } catch {
                refusal = refusal ?? error
            }
        }
        guard PQstatus(handle) == CONNECTION_OK else { throw loss }
        if let refusal { throw refusal }
        guard let last else { throw .unreadable("the server has answered nothing") }
        return last
    }

    private func flush(until end: ContinuousClock.Instant) throws(PostgresFailure) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                let ready = try wait(for: Int16(POLLIN | POLLOUT), until: end)
                // What the server says meanwhile is taken, or each would wait for the other.
                if ready & Int16(POLLIN) != 0, PQconsumeInput(handle) != 1 { throw loss }
            default: throw loss
            }
        }
    }

    /// - Returns: what there is of `events`.
    private func wait(for events: Int16, until end: ContinuousClock.Instant) throws(PostgresFailure) -> Int16 {
        var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
        guard descriptor.fd >= 0 else { throw loss }
        while true {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { throw .silent }
            // Rounded up, so that the last millisecond is no busy one.
            let count = poll(&descriptor, 1, Int32(clamping: left.milliseconds + 1))
            if count > 0 { return descriptor.revents }
            if count < 0, errno != EINTR { throw .lost(String(cString: strerror(errno))) }
        }
    }

    // MARK: Reasons

    private var loss: PostgresFailure { .lost(Self.message(of: handle)) }

    /// What libpq says last, on one line.
    private static func message(of handle: OpaquePointer) -> String {
        String(cString: PQerrorMessage(handle)).split(whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
    }
}
