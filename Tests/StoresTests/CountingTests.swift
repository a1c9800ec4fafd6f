import Dispatch
import GRDB
import GatewayKit
import GatewayTesting
import Logging
import NIOConcurrencyHelpers
import Stores
import Testing

struct CountingTests {
    private let time = ManualTime()

    private func store(_ folder: TemporaryFolder) -> SQLiteStore {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return SQLiteStore(path: folder.path("sluice.db"), logger: logger, time: time.source)
    }

    private func counter(_ key: String = "test/one", _ seconds: Int64 = 600) -> Counter {
        Counter(key, end: time.now.advanced(by: .seconds(seconds)))
    }

    private func counted(_ callers: Int, _ limit: Int, _ stores: [any Store]) async throws -> Int {
        let counter = counter()
        return try await withThrowingTaskGroup(of: Counted.self) { group in
            for number in 0..<callers {
                let store = stores[number % stores.count]
                group.addTask { try await store.count(counter, upTo: limit) }
            }
            return try await group.reduce(0) { $0 + ($1 == .full ? 0 : 1) }
        }
    }

    @Test func `what was counted before a crash counts after it, and at most a quarter is lost`() async throws {
        let folder = try TemporaryFolder()
        let crashed = store(folder)
        try await crashed.start()
        #expect(try await counted(3, 20, [crashed]) == 3)
        let next = store(folder)
        try await next.start()
        let rest = try await counted(40, 20, [next])
        #expect((12...17).contains(rest))
        await next.stop()
        await crashed.stop()
    }

    @Test func `two processes together count no further than the limit`() async throws {
        let folder = try TemporaryFolder()
        let stores = [store(folder), store(folder)]
        for store in stores { try await store.start() }
        let sum = try await counted(200, 50, stores)
        #expect(sum <= 50 && sum >= 50 - 12)
        for store in stores { await store.stop() }
    }

    @Test func `what is being given back at the end of a process is given back`() async throws {
        let folder = try TemporaryFolder()
        let gate = Gate()
        let clock = TimeSource(
            now: { [time] in
                gate.pass()
                return time.now
            },
            uptime: time.source.uptime
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let first = SQLiteStore(path: folder.path("sluice.db"), logger: logger, time: clock)
        try await first.start()
        let counter = counter()
        #expect(try await first.take(60, of: counter, upTo: 60) == .counted(left: 0))
        gate.close()
        first.giveBack(20, of: counter)
        await gate.arrival()
        async let stopped: Void = first.stop()
        // A store that does not wait for it has closed its database meanwhile, or is about to.
        for _ in 0..<10_000 { await Task.yield() }
        gate.open()
        await stopped
        let second = store(folder)
        try await second.start()
        #expect(try await second.take(20, of: counter, upTo: 60) == .counted(left: 0))
        await second.stop()
    }

    /// Holds up the first who asks for the time after it was closed.
    private final class Gate: Sendable {
        private let isClosed = NIOLockedValueBox(false)
        private let arrivals = AsyncStream<Void>.makeStream()
        private let opening = DispatchSemaphore(value: 0)

        func close() { isClosed.withLockedValue { $0 = true } }

        func pass() {
            let isFirst = isClosed.withLockedValue { isClosed in
                defer { isClosed = false }
                return isClosed
            }
            guard isFirst else { return }
            arrivals.continuation.finish()
            opening.wait()
        }

        func arrival() async {
            for await _ in arrivals.stream {}
        }

        func open() { opening.signal() }
    }

    @Test func `what was not used is there again after the end of a process`() async throws {
        let folder = try TemporaryFolder()
        let stores = [store(folder), store(folder)]
        for store in stores { try await store.start() }
        let sum = try await counted(30, 50, stores)
        #expect(sum == 30)
        for store in stores { await store.stop() }
        let next = store(folder)
        try await next.start()
        #expect(try await counted(60, 50, [next]) == 20)
        await next.stop()
    }

    @Test func `counters that ended an hour ago are forgotten`() async throws {
        let folder = try TemporaryFolder()
        let store = store(folder)
        try await store.start()
        for number in 0..<20 {
            _ = try await store.count(counter("test/\(number)"), upTo: 1)
        }
        time.advance(by: .seconds(600 + 3_601))
        for number in 100..<112 {
            _ = try await store.count(counter("test/\(number)"), upTo: 1)
        }
        await store.stop()
        let queue = try DatabaseQueue(path: folder.path("sluice.db"))
        #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM counters") } == 12)
    }

    @Test func `a counter that is no longer in memory is on disk`() {
        let reserve = CountReserve(capacity: 2)
        #expect(reserve.add([(counter("a"), 3, 3), (counter("b"), 1, 1)]).isEmpty)
        #expect(reserve.use(counter("a"), upTo: 4) == .counted(left: 3))
        let leftovers = reserve.add([(counter("c"), 1, 1)])
        #expect(leftovers.map(\.key) == ["a"])
        #expect(leftovers.map(\.unused) == [2])
        #expect(reserve.use(counter("a"), upTo: 4) == nil)
        #expect(!reserve.giveBack(counter("a")))
        #expect(reserve.count == 2)
    }

    @Test func `a store that is closed counts nothing`() async throws {
        let folder = try TemporaryFolder()
        let store = store(folder)
        let counter = counter()
        await #expect(throws: StoreFailure.self) { _ = try await store.count(counter, upTo: 1) }
        store.uncount(counter)
    }

    // MARK: Taking

    @Test func `two processes together take no more than there is, and all of it`() async throws {
        let folder = try TemporaryFolder()
        let stores = [store(folder), store(folder)]
        for store in stores { try await store.start() }
        let counter = counter()
        let taken = try await withThrowingTaskGroup(of: Counted.self) { group in
            for number in 0..<60 {
                let store = stores[number % 2]
                group.addTask { try await store.take(10, of: counter, upTo: 305) }
            }
            return try await group.reduce(0) { $0 + ($1 == .full ? 0 : 10) }
        }
        #expect(taken == 300)
        for store in stores { await store.stop() }
    }

    @Test func `a crash loses nothing of what is left`() async throws {
        let folder = try TemporaryFolder()
        let crashed = store(folder)
        try await crashed.start()
        #expect(try await crashed.take(30, of: counter(), upTo: 100) == .counted(left: 70))
        let next = store(folder)
        try await next.start()
        #expect(try await next.take(70, of: counter(), upTo: 100) == .counted(left: 0))
        await next.stop()
        await crashed.stop()
    }

    @Test func `what could not be given back is given back with what comes next`() async throws {
        let folder = try TemporaryFolder()
        let store = store(folder)
        try await store.start()
        let counter = counter()
        #expect(try await store.take(60, of: counter, upTo: 100) == .counted(left: 40))
        let queue = try DatabaseQueue(path: folder.path("sluice.db"))
        let trigger = "CREATE TRIGGER no BEFORE UPDATE ON counters BEGIN SELECT RAISE(ABORT, 'no'); END"
        try await queue.write { try $0.execute(sql: trigger) }
        store.giveBack(60, of: counter)
        await #expect(throws: StoreFailure.self) { _ = try await store.take(1, of: counter, upTo: 100) }
        try await queue.write { try $0.execute(sql: "DROP TRIGGER no") }
        #expect(try await store.take(100, of: counter, upTo: 100) == .counted(left: 0))
        await store.stop()
    }

    @Test func `a store that is closed takes nothing`() async throws {
        let folder = try TemporaryFolder()
        let store = store(folder)
        let counter = counter()
        await #expect(throws: StoreFailure.self) { _ = try await store.take(1, of: counter, upTo: 1) }
        store.giveBack(1, of: counter)
    }
}
