import Foundation
import GatewayKit
import GatewayTesting
import Logging
import MPP
import NIOConcurrencyHelpers
import Stores
import Testing

@Suite struct `The ledger of charges` {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func withStore<Result>(_ body: (SQLiteStore) async throws -> Result) async throws -> Result {
        let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = SQLiteStore(path: "\(folder)/sluice.db", logger: logger)
        try await store.start()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(store))
        } catch {
            result = .failure(error)
        }
        await store.stop()
        return try result.get()
    }

    private static func taken(_ taking: ChargeLedger.Taking) throws -> TakenCharge {
        guard case .taken(let charge) = taking else { throw ConformanceFailure("not taken: \(taking)") }
        return charge
    }

    @Test func `a payment whose process died is free once its time is over, and not sooner`() async throws {
        let time = ManualTime()
        let store = MemoryStore()
        let payment = PaymentHash(.random())
        let dead = ChargeLedger(store: store, time: time.source, attempts: ChargeAttempts())
        _ = try Self.taken(try await dead.take(payment))
        let ledger = ChargeLedger(store: store, time: time.source, attempts: ChargeAttempts())
        let early = try await ledger.take(payment)
        guard case .waiting(let until) = early else { throw ConformanceFailure("\(early)") }
        #expect(until == time.now.advanced(by: ChargeLedger.patience))
        time.advance(by: ChargeLedger.patience)
        let charge = try Self.taken(try await ledger.take(payment))
        #expect(try await ledger.serve(charge))
        let late = try await dead.take(payment)
        guard case .used = late else { throw ConformanceFailure("\(late)") }
    }

    @Test func `of two attempts that both think it theirs, one may answer`() async throws {
        let time = ManualTime()
        let store = MemoryStore()
        let payment = PaymentHash(.random())
        let slow = ChargeLedger(store: store, time: time.source, attempts: ChargeAttempts())
        let fast = ChargeLedger(store: store, time: time.source, attempts: ChargeAttempts())
        let first = try Self.taken(try await slow.take(payment))
        time.advance(by: ChargeLedger.patience)
        let second = try Self.taken(try await fast.take(payment))
        #expect(try await !slow.serve(first))
        #expect(try await fast.serve(second))
    }

    @Test func `what gave nothing is free at once, for this process and for others`() async throws {
        let store = MemoryStore()
        let payment = PaymentHash(.random())
        let ledger = ChargeLedger(store: store, time: .system, attempts: ChargeAttempts())
        let other = ChargeLedger(store: store, time: .system, attempts: ChargeAttempts())
        let charge = try Self.taken(try await ledger.take(payment))
        ledger.giveUp(charge)
        let again = try Self.taken(try await ledger.take(payment))
        // The first attempt has nothing to give back any more.
        #expect(await ledger.releaseOnce(charge, logger: Self.logger))
        #expect(try await ledger.serve(again))
        // An answer that never began to go out.
        #expect(await ledger.releaseOnce(again, logger: Self.logger))
        _ = try Self.taken(try await other.take(payment))
    }

    @Test func `a write whose answer is lost counts`() async throws {
        let store = FaultyStore(MemoryStore())
        let payment = PaymentHash(.random())
        let ledger = ChargeLedger(store: store, time: .system, attempts: ChargeAttempts())
        store.next = .failsAfter
        let charge = try Self.taken(try await ledger.take(payment))
        store.next = .failsAfter
        #expect(try await ledger.serve(charge))
        let again = try await ledger.take(payment)
        guard case .used = again else { throw ConformanceFailure("\(again)") }
    }

    @Test func `a write that comes through after it was given up takes nothing`() async throws {
        let store = FaultyStore(MemoryStore())
        let payment = PaymentHash(.random())
        let ledger = ChargeLedger(store: store, time: .system, attempts: ChargeAttempts())
        store.next = .comesLate
        await #expect(throws: StoreFailure.self) { _ = try await ledger.take(payment) }
        await store.letLateWritesThrough()
        let charge = try Self.taken(try await ledger.take(payment))
        store.next = .comesLate
        await #expect(throws: StoreFailure.self) { _ = try await ledger.serve(charge) }
        #expect(await ledger.releaseOnce(charge, logger: Self.logger))
        await store.letLateWritesThrough()
        let again = try Self.taken(try await ledger.take(payment))
        #expect(try await ledger.serve(again))
    }

    @Test func `what an earlier version took stays used`() async throws {
        let store = MemoryStore()
        let payment = PaymentHash(.random())
        _ = try await store.claim(payment, for: "mpp/charge")
        let ledger = ChargeLedger(store: store, time: .system, attempts: ChargeAttempts())
        let taking = try await ledger.take(payment)
        guard case .used = taking else { throw ConformanceFailure("\(taking)") }
    }

    // MARK: Any order of events

    /// One payment, presented again and again to processes that crash, through a store that fails.
    private final class Course: Sendable {
        struct Tally {
            var deliveries = 0
            /// Attempts that were marked, perhaps, and whose process died or lost its store before anything went out: the
            /// one way in which a payment is lost.
            var excuses = 0
        }

        let payment = PaymentHash(.random())
        let store: FaultyStore
        let time: ManualTime
        let tally = NIOLockedValueBox(Tally())
        private let processes: NIOLockedValueBox<[Process]>

        final class Process: Sendable {
            let ledger: ChargeLedger
            let isDead = NIOLockedValueBox(false)

            init(_ store: any Store, _ time: ManualTime) {
                ledger = ChargeLedger(store: store, time: time.source, attempts: ChargeAttempts())
            }

            var lives: Bool { isDead.withLockedValue { !$0 } }
        }

        init(_ store: FaultyStore, _ time: ManualTime) {
            self.store = store
            self.time = time
            processes = NIOLockedValueBox((0..<2).map { _ in Process(store, time) })
        }

        private func process() -> Process {
            processes.withLockedValue { $0[Int.random(in: 0..<$0.count)] }
        }

        private func crash(_ process: Process) {
            process.isDead.withLockedValue { $0 = true }
            processes.withLockedValue { processes in
                for index in processes.indices where processes[index] === process {
                    processes[index] = Process(store, time)
                }
            }
        }

        /// One exchange, as `ChargeIntent` runs it.
        func present() async {
            let process = process()
            guard case .taken(let charge) = try? await process.ledger.take(payment), process.lives else { return }
            if chance(8) { return crash(process) }
            // Others go on meanwhile, and may hold this one for dead.
            if chance(5) { time.advance(by: ChargeLedger.patience) }
            for _ in 0..<Int.random(in: 0..<40) { await Task.yield() }
            if chance(3) { try? await Task.sleep(for: .milliseconds(Int.random(in: 1...8))) }
            if chance(4) {
                // Nothing came of the upstream.
                await giveBack(charge, process, isMarked: false)
                return
            }
            guard process.lives else { return }
            let isServed: Bool
            do {
                isServed = try await process.ledger.serve(charge)
            } catch {
                await giveBack(charge, process, isMarked: true)
                return
            }
            if isServed, chance(10) { crash(process) }
            guard process.lives else {
                if isServed { excuse() }
                return
            }
            if isServed {
                tally.withLockedValue { $0.deliveries += 1 }
            }
            process.ledger.end(charge)
        }

        private func giveBack(_ charge: TakenCharge, _ process: Process, isMarked: Bool) async {
            process.ledger.giveUp(charge)
            for _ in 0..<3 {
                guard process.lives else { break }
                if chance(12) { crash(process) }
                if await process.ledger.releaseOnce(charge, logger: logger), process.lives { return }
            }
            if isMarked { excuse() }
        }

        private func excuse() {
            tally.withLockedValue { $0.excuses += 1 }
        }

        private func chance(_ sides: Int) -> Bool { Int.random(in: 0..<sides) == 0 }
    }

    /// What became of the payment of one course; `isLost`: it bought nothing, as it says.
    private static func course(on sqlite: SQLiteStore) async throws -> (deliveries: Int, isLost: Bool) {
        let time = ManualTime()
        let store = FaultyStore(sqlite)
        store.isRandom = true
        let course = Course(store, time)
        for _ in 0..<3 {
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<4 {
                            await course.present()
                            try? await Task.sleep(for: .milliseconds(Int.random(in: 0...4)))
                        }
                    }
                }
            }
            if Bool.random() { time.advance(by: .seconds(40)) }
            if Bool.random() { await store.letLateWritesThrough() }
        }
        // The weather clears.
        store.isRandom = false
        await store.letLateWritesThrough()
        time.advance(by: ChargeLedger.patience)
        let tally = course.tally.withLockedValue { $0 }
        #expect(tally.deliveries <= 1)
        let last = ChargeLedger(store: sqlite, time: time.source, attempts: ChargeAttempts())
        switch try await last.take(course.payment) {
        case .taken: #expect(tally.deliveries == 0, "the payment would buy a second answer")
        case .waiting: Issue.record("a payment waits for a process that is dead")
        case .used:
            #expect(tally.deliveries == 1 || tally.excuses > 0, "a payment bought nothing")
            return (tally.deliveries, tally.deliveries == 0)
        }
        return (tally.deliveries, false)
    }

    @Test(.timeLimit(.minutes(5))) func `serves each payment once at the most, and loses none but as it says`()
        async throws
    {
        try await Self.withStore { sqlite in
            // They mostly wait, so some of them do that together.
            let courses = try await withThrowingTaskGroup(of: [(deliveries: Int, isLost: Bool)].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var courses = [(deliveries: Int, isLost: Bool)]()
                        for _ in 0..<50 { courses.append(try await Self.course(on: sqlite)) }
                        return courses
                    }
                }
                return try await group.reduce(into: [(deliveries: Int, isLost: Bool)]()) { $0 += $1 }
            }
            // Otherwise the course is no test: most are served, and the excuse is rare.
            #expect(courses.reduce(0) { $0 + $1.deliveries } > 80)
            #expect(courses.count { $0.isLost } < 60)
        }
    }
}

private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
