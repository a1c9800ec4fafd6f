internal import Foundation
internal import GRDB
internal import GatewayKit
internal import NIOConcurrencyHelpers

/// Takes from the counters on disk what `CountReserve` has run out of, and what is taken without a reserve: whoever asks
/// while a transaction is under way shares the next one.
final class CountWriter: Sendable {
    /// Changes in one transaction: more would keep a claim waiting.
    private static let batch = 500

    private enum Change: Sendable {
        case reserve(Counter, limit: Int, CheckedContinuation<Void, any Error>)
        case take(Int, Counter, limit: Int, CheckedContinuation<Counted, any Error>)
        case giveBack(key: String, count: Int)

        /// What it gives back; `nil` for one that takes.
        var givenBack: (key: String, unused: Int)? {
            if case .giveBack(let key, let count) = self { (key, count) } else { nil }
        }
    }

    private struct State {
        var waiting: [Change] = []
        /// What could not be given back: tried again with what comes next, since nobody waits for it.
        var deferred: [Change] = []
        /// Writes what waits, until nothing does.
        var writing: Task<Void, Never>?
    }

    let reserve: CountReserve
    private let time: TimeSource
    private let state = NIOLockedValueBox(State())

    init(time: TimeSource, reserve: CountReserve = CountReserve()) {
        self.time = time
        self.reserve = reserve
    }

    func count(_ counter: Counter, upTo limit: Int, in pool: DatabasePool) async throws -> Counted {
        // Over again when others were faster: what was taken for one is used by whoever comes.
        while true {
            if let counted = reserve.use(counter, upTo: limit) { return counted }
            try await withCheckedThrowingContinuation { continuation in
                add(.reserve(counter, limit: limit, continuation), in: pool)
            }
        }
    }

    func uncount(_ counter: Counter, in pool: DatabasePool) {
        guard !reserve.giveBack(counter) else { return }
        add(.giveBack(key: counter.key, count: 1), in: pool)
    }

    func take(_ amount: Int, of counter: Counter, upTo limit: Int, in pool: DatabasePool) async throws -> Counted {
        try await withCheckedThrowingContinuation { continuation in
            add(.take(amount, counter, limit: limit, continuation), in: pool)
        }
    }

    func giveBack(_ amount: Int, of counter: Counter, in pool: DatabasePool) {
        add(.giveBack(key: counter.key, count: amount), in: pool)
    }

    /// Gives back everything that was not used, and what waits to be given back. For the end of the process.
    func writeBack(to pool: DatabasePool) async throws {
        // What is being written does not wait any more, and would find no database later.
        while let writing = state.withLockedValue({ $0.writing }) {
            await writing.value
        }
        let deferred = state.withLockedValue { state in
            defer { state.deferred = [] }
            return state.deferred.compactMap(\.givenBack)
        }
        let unused = reserve.drain() + deferred
        guard !unused.isEmpty else { return }
        try await pool.write { db in
            for (key, count) in unused {
                try Self.giveBack(count, key, db)
            }
        }
    }

    // MARK: Writing

    private func add(_ change: Change, in pool: DatabasePool) {
        state.withLockedValue { state in
            state.waiting += state.deferred
            state.deferred = []
            state.waiting.append(change)
            guard state.writing == nil else { return }
            state.writing = Task {
                while let changes = next() {
                    await write(changes, to: pool)
                }
            }
        }
    }

    private func next() -> [Change]? {
        state.withLockedValue { state in
            guard !state.waiting.isEmpty else {
                state.writing = nil
                return nil
            }
            let changes = Array(state.waiting.prefix(Self.batch))
            state.waiting.removeFirst(changes.count)
            return changes
        }
    }

    private func write(_ changes: [Change], to pool: DatabasePool) async {
        let cutoff = time.now().advanced(by: .zero - Retention.afterCounting)
        let wanted = wanted(by: changes)
        do {
            let (takings, answers) = try await pool.write { db in
                for case .giveBack(let key, let count) in changes {
                    try Self.giveBack(count, key, db)
                }
                let takings = try wanted.map { try Self.take($0.count, of: $0.counter, upTo: $0.limit, db) }
                let answers = try Self.answers(to: changes, db)
                if takings.contains(where: { $0.granted > 0 }) || answers.contains(where: { $0 != .full }) {
                    try Self.forget(before: cutoff, count: 2 * changes.count, db)
                }
                return (takings, answers)
            }
            for (key, unused) in reserve.add(takings) {
                add(.giveBack(key: key, count: unused), in: pool)
            }
            var next = answers.makeIterator()
            for change in changes {
                switch change {
                case .reserve(_, _, let continuation): continuation.resume()
                case .take(_, _, _, let continuation): continuation.resume(returning: next.next() ?? .full)
                case .giveBack: break
                }
            }
        } catch {
            state.withLockedValue { $0.deferred += changes.filter { $0.givenBack != nil } }
            for change in changes {
                switch change {
                case .reserve(_, _, let continuation): continuation.resume(throwing: StoreFailure(error))
                case .take(_, _, _, let continuation): continuation.resume(throwing: StoreFailure(error))
                case .giveBack: break
                }
            }
        }
    }

    /// What those who wait need of each counter beyond what has come meanwhile, and a share of its limit at least: so no
    /// more than a share is ever unused.
    private func wanted(by changes: [Change]) -> [(counter: Counter, limit: Int, count: Int)] {
        struct Ask: Hashable {
            let counter: Counter
            let limit: Int
        }
        var asks = [Ask: Int]()
        for case .reserve(let counter, let limit, _) in changes {
            asks[Ask(counter: counter, limit: limit), default: 0] += 1
        }
        return asks.compactMap { ask, callers in
            let missing = callers - reserve.unused(of: ask.counter)
            guard missing > 0 else { return nil }
            return (ask.counter, ask.limit, max(missing, CountReserve.share(of: ask.limit)))
        }
    }

    /// - Parameter isWhole: takes all of it or nothing, where it could be a part.
    private static func take(
        _ count: Int,
        of counter: Counter,
        upTo limit: Int,
        isWhole: Bool = false,
        _ db: Database
    ) throws -> (counter: Counter, granted: Int, taken: Int) {
        let key = Data(counter.key.utf8)
        let query = try db.cachedStatement(sql: "SELECT taken FROM counters WHERE key = ?")
        let taken = try Int.fetchOne(query, arguments: [key]) ?? 0
        let room = max(0, limit - taken)
        let granted = count <= room ? count : isWhole ? 0 : room
        guard granted > 0 else { return (counter, 0, taken) }
        let update = try db.cachedStatement(
            sql: """
                INSERT INTO counters (key, taken, endsAt) VALUES (?, ?, ?)
                ON CONFLICT (key) DO UPDATE SET taken = taken + excluded.taken
                """
        )
        try update.execute(arguments: [key, granted, counter.end.milliseconds])
        return (counter, granted, taken + granted)
    }

    /// What those are told who take without a reserve, in their order: all that they ask for, or nothing.
    private static func answers(to changes: [Change], _ db: Database) throws -> [Counted] {
        var answers = [Counted]()
        for case .take(let amount, let counter, let limit, _) in changes {
            let (_, granted, taken) = try take(amount, of: counter, upTo: limit, isWhole: true, db)
            answers.append(granted == amount ? .counted(left: limit - taken) : .full)
        }
        return answers
    }

    private static func giveBack(_ count: Int, _ key: String, _ db: Database) throws {
        let update = try db.cachedStatement(sql: "UPDATE counters SET taken = max(0, taken - ?) WHERE key = ?")
        try update.execute(arguments: [count, Data(key.utf8)])
    }

    private static func forget(before cutoff: WallTime, count: Int, _ db: Database) throws {
        let delete = try db.cachedStatement(
            sql: """
                DELETE FROM counters WHERE key IN
                    (SELECT key FROM counters WHERE endsAt < ? ORDER BY endsAt LIMIT ?)
                """
        )
        try delete.execute(arguments: [cutoff.milliseconds, count])
    }
}
