import Foundation
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOConcurrencyHelpers
import Standard
import Stores
import Testing

/// Exchanges that end in every way there is, at a meter and a store that fail now and then: each reservation is booked exactly
/// once, and none is left. `SLUICE_METER_RUNS=10000` makes it more of them.
struct SettlingOnceTests {
    private static let runs = ProcessInfo.processInfo.environment["SLUICE_METER_RUNS"].flatMap { Int($0) } ?? 2_000

    /// A meter that fails in every sixth report, and counts what it has booked.
    private static let bundle = MeterBundle(capacity: Amount(millisatoshis: 25 * UInt64(runs)))

    private static func meter(_ random: LockedGenerator) -> ScriptedMeter {
        ScriptedMeter(
            verdict: { account in
                switch random.below(12) {
                case 0: throw StoreFailure("down")
                case 1: .exhausted(price: nil, reason: nil)
                case 2, 3: .allowed(MeterGrant(reserved: 5))
                default: .allowed(MeterGrant(reserved: UInt64(random.below(4_000)), bundle: bundle))
                }
            },
            cost: { usage in
                if random.below(6) == 0 { throw StoreFailure("down") }
                // What is reported late costs the same.
                return .amount(cost(of: usage))
            }
        )
    }

    private static func cost(of usage: MeteredUsage) -> Amount {
        guard usage.response.status != nil, usage.response.byteCount > 0 else { return .zero }
        return Amount(millisatoshis: usage.response.byteCount)
    }

    private static func course(_ random: LockedGenerator) -> MeteredRoute.Course {
        var course = MeteredRoute.Course()
        course.head = random.below(4) == 0 ? nil : [.ok, .ok, .badRequest, .internalServerError][random.below(4)]
        course.parts = (0..<random.below(4)).map { _ in String(repeating: "x", count: random.below(3_000)) }
        course.reply = random.below(4) == 0 ? .badGateway : nil
        let ends: [Outcome.End] = [
            .answered, .answered, .replied, .clientLeft, .drained, .cut, .upstreamFailed(.unreachable),
            .upstreamFailed(.timeout), .upstreamFailed(.closed), .upstreamFailed(.malformed), .upstreamFailed(.busy),
        ]
        course.end = ends[random.below(ends.count)]
        return course
    }

    @Test(.timeLimit(.minutes(5)))
    func `whatever becomes of exchanges, each reservation is booked once and none is left`() async throws {
        let random = LockedGenerator(seed: 6)
        let credentials = (1...40).map { Credential.example(id: $0, payment: PaymentHash(.random())) }
        let kept = MemoryStore()
        let store = FlakyStore(base: kept) { random.below(40) == 0 }
        let route = MeteredRoute(Self.meter(random), store: store)
        let outcomes = NIOLockedValueBox([Int: Int]())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in 0..<Self.runs {
                if run >= 16 { _ = try await group.next() }
                let (course, credential) = (Self.course(random), credentials[random.below(credentials.count)])
                group.addTask {
                    let reply = try await route.run(course, credential)
                    outcomes.withLockedValue { $0[reply?.status.code ?? 200, default: 0] += 1 }
                }
                // Time goes by, and what could not be reported is tried again.
                if run % 100 == 0 {
                    route.time.advance(by: .seconds(31))
                    await route.desk.sweep()
                }
            }
            try await group.waitForAll()
        }
        for _ in 0..<40 {
            await route.desk.quiesce()
            route.time.advance(by: .seconds(61))
            await route.desk.sweep()
        }
        await route.desk.quiesce()

        let booked = route.meter.booked
        #expect(booked.values.allSatisfy { $0 == 1 }, "\(booked.values.filter { $0 != 1 })")
        #expect(booked.count > Self.runs / 3)
        #expect(outcomes.withLockedValue { Set($0.keys).isSuperset(of: [200, 402, 503]) })
        let left = try await MeteredRoute(store: kept).left()
        #expect(left.isEmpty)
        #expect(route.desk.activeCount == 0)
        for credential in credentials {
            let balance = try await kept.meters.balance(of: credential.payment)
            #expect(balance?.reserved == .zero)
        }
    }

    @Test func `bundles have spent the sum of what was reported`() async throws {
        let random = LockedGenerator(seed: 7)
        let bundle = MeterBundle(capacity: Amount(millisatoshis: 150_000))
        let credential = Credential.example()
        let meter = ScriptedMeter(
            verdict: { _ in .allowed(MeterGrant(reserved: 5_000, bundle: bundle)) },
            cost: { .amount(Self.cost(of: $0)) }
        )
        let route = MeteredRoute(meter)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for run in 0..<300 {
                if run >= 8 { _ = try await group.next() }
                let course = Self.course(random)
                group.addTask { _ = try await route.run(course, credential) }
            }
            try await group.waitForAll()
        }
        await route.desk.quiesce()
        let sum = meter.reports.reduce(UInt64(0)) { $0 + Self.cost(of: $1).millisatoshis }
        let spent = try await route.store.meters.balance(of: credential.payment)?.spent
        #expect(spent == Amount(millisatoshis: sum))
        #expect(sum > 150_000)
    }
}

/// The same numbers in every run, whoever asks for them; in another order where tasks do.
final class LockedGenerator: Sendable {
    private let generator: NIOLockedValueBox<SeededGenerator>

    init(seed: UInt64) {
        generator = NIOLockedValueBox(SeededGenerator(seed: seed))
    }

    func below(_ bound: Int) -> Int {
        generator.withLockedValue { Int.random(in: 0..<bound, using: &$0) }
    }
}
