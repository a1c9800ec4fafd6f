import GatewayKit
import GatewayTesting
import Standard
import Testing

struct RateLimiterTests {
    private static let second: UInt64 = 1_000_000_000

    private func rule(
        _ limit: String,
        burst: Int? = nil,
        per scope: RateLimitRule.Scope = .token,
        mostKeys: Int = RateLimitRule.defaultMostKeys
    ) throws -> RateLimitRule {
        let rate = try #require(Rate(parsing: limit))
        return try #require(RateLimitRule(rate, burst: burst, per: scope, mostKeys: mostKeys))
    }

    private func caller(_ number: UInt32) -> RateLimiter.Caller {
        RateLimiter.Caller(token: nil, client: Client(address: IPAddress(v4: number)))
    }

    @Test func `a full bucket lets its burst through and then asks to wait`() throws {
        let limiter = RateLimiter([try rule("1/s", burst: 2)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(1), at: 0)?.wait == .seconds(1))
    }

    @Test func `a bucket that asks to wait has one request when the wait is over and not before`() throws {
        let limiter = RateLimiter([try rule("3/10s", burst: 1)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        let wait = try #require(limiter.take(caller(1), at: 0)).wait
        #expect(wait == .nanoseconds(3_333_333_334))
        #expect(limiter.take(caller(1), at: 3_333_333_333)?.wait == .nanoseconds(1))
        #expect(limiter.take(caller(1), at: 3_333_333_334) == nil)
    }

    @Test func `nothing drifts over a million periods`() throws {
        let limiter = RateLimiter([try rule("3/10s", burst: 3)])
        var passed = 0
        for step in UInt64(0)..<100_000 where limiter.take(caller(1), at: step * Self.second) == nil {
            passed += 1
        }
        // 3 from the start, and 3 in every 10 s of the 99 999 s that follow.
        #expect(passed == 3 + 99_999 * 3 / 10)
    }

    @Test func `a clock that seems to go back neither gives nor takes`() throws {
        let limiter = RateLimiter([try rule("1/s", burst: 1)])
        #expect(limiter.take(caller(1), at: 10 * Self.second) == nil)
        #expect(limiter.take(caller(1), at: 9 * Self.second)?.wait == .seconds(1))
        #expect(limiter.take(caller(1), at: 11 * Self.second) == nil)
    }

    @Test func `callers do not count for each other`() throws {
        let limiter = RateLimiter([try rule("1/s")])
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(2), at: 0) == nil)
        #expect(limiter.take(caller(1), at: 0) != nil)
    }

    @Test func `a request that one rule refuses counts for no rule`() throws {
        let limiter = RateLimiter([try rule("3/h", per: .route), try rule("1/h", per: .address)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        for _ in 0..<5 {
            #expect(limiter.take(caller(1), at: 0)?.rule == 1)
        }
        #expect(limiter.take(caller(2), at: 0) == nil)
        #expect(limiter.take(caller(3), at: 0) == nil)
        #expect(limiter.take(caller(4), at: 0)?.rule == 0)
    }

    @Test func `of several rules that refuse the longest wait is told, in any order`() throws {
        let rules = [try rule("1/s"), try rule("1/h", per: .address), try rule("1/m", per: .route)]
        for (order, longest) in [([0, 1, 2], 1), ([1, 2, 0], 0), ([2, 0, 1], 2)] {
            let limiter = RateLimiter(order.map { rules[$0] })
            #expect(limiter.take(caller(1), at: 0) == nil)
            let refusal = try #require(limiter.take(caller(1), at: 0))
            #expect(refusal.rule == longest)
            #expect(refusal.wait == .seconds(3_600))
            #expect(limiter.take(caller(2), at: 0)?.wait == .seconds(60))
        }
    }

    @Test func `who waits as long as told passes every rule`() throws {
        let limiter = RateLimiter([try rule("1/s"), try rule("2/m", burst: 1, per: .route)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(1), at: 0)?.wait == .seconds(30))
        #expect(limiter.take(caller(1), at: 30 * Self.second - 1)?.wait == .nanoseconds(1))
        #expect(limiter.take(caller(1), at: 30 * Self.second) == nil)
    }

    @Test func `a request that is refused makes no bucket`() throws {
        let limiter = RateLimiter([try rule("1/h", per: .address), try rule("1/h", per: .route)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(2), at: 0)?.rule == 1)
        #expect(limiter.bucketCounts == [1, 1])
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `agrees with a plain model`(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...50, using: &generator)
        let period = UInt64.random(in: 1_000...5_000_000, using: &generator) * 1_000
        let burst = Int.random(in: 1...20, using: &generator)
        let limit = try #require(Rate(count, per: .nanoseconds(Int64(period))))
        let rule = try #require(RateLimitRule(limit, burst: burst))
        let limiter = RateLimiter([rule])
        // What a bucket holds, in 1/period of a request: a nanosecond brings `count` of them.
        var level = [UInt32: (held: UInt64, at: UInt64)]()
        var now: UInt64 = 0
        for _ in 0..<20_000 {
            now += UInt64.random(in: 0...(period / UInt64(count)), using: &generator)
            let key = UInt32.random(in: 0..<4, using: &generator)
            let capacity = UInt64(burst) * period
            let last = level[key] ?? (capacity, now)
            let held = min(capacity, last.held + (now - last.at) * UInt64(count))
            let refusal = limiter.take(caller(key), at: now)
            if held >= period {
                #expect(refusal == nil)
                level[key] = (held - period, now)
            } else {
                let wait = (period - held + UInt64(count) - 1) / UInt64(count)
                #expect(refusal?.wait == .nanoseconds(Int64(wait)))
                level[key] = (held, now)
            }
        }
    }

    @Test func `any number of keys takes no more room than there may be`() throws {
        let limiter = RateLimiter([try rule("1/h", mostKeys: 100), try rule("1/h", mostKeys: 7)])
        for number in 0..<10_000 as Range<UInt32> {
            _ = limiter.take(caller(number), at: UInt64(number))
        }
        #expect(limiter.bucketCounts == [100, 7])
    }

    @Test func `a bucket that is full makes room before one that is not`() throws {
        let limiter = RateLimiter([try rule("1/s", burst: 2, mostKeys: 2)])
        _ = limiter.take(caller(1), at: 0)
        _ = limiter.take(caller(1), at: 0)
        _ = limiter.take(caller(2), at: 0)
        // Caller 1 was there before caller 2 and lacks half a request; caller 2 lacks nothing.
        _ = limiter.take(caller(3), at: Self.second * 3 / 2)
        #expect(limiter.take(caller(1), at: Self.second * 3 / 2) == nil)
        #expect(limiter.take(caller(1), at: Self.second * 3 / 2) != nil)
    }

    @Test func `of buckets that are not full the one that was used least lately makes room`() throws {
        let limiter = RateLimiter([try rule("1/h", mostKeys: 2)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(2), at: 0) == nil)
        // Refused, and used all the same.
        #expect(limiter.take(caller(1), at: 0) != nil)
        #expect(limiter.take(caller(3), at: 0) == nil)
        #expect(limiter.take(caller(1), at: 0) != nil)
        #expect(limiter.take(caller(2), at: 0) == nil)
    }

    @Test func `random keys keep the order of use`() throws {
        var generator = SeededGenerator(seed: 9)
        let most = 16
        let limiter = RateLimiter([try rule("1/d", mostKeys: most)])
        var order = [UInt32]()
        for _ in 0..<5_000 {
            let key = UInt32.random(in: 0..<40, using: &generator)
            let isKnown = order.contains(key)
            #expect((limiter.take(caller(key), at: 0) != nil) == isKnown)
            order.removeAll { $0 == key }
            order.append(key)
            if order.count > most { order.removeFirst() }
        }
    }

    @Test func `exactly the burst passes whoever asks at once`() async throws {
        let limiter = RateLimiter([try rule("1000/h"), try rule("5000/h", per: .route)])
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let caller = RateLimiter.Caller(token: nil, client: Client(address: IPAddress(v4: 1)))
                    return (0..<1_000).count { _ in limiter.take(caller, at: 0) == nil }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 1_000)
    }

    @Test func `callers at once take exactly what the route has`() async throws {
        let limiter = RateLimiter([try rule("100/h", per: .address), try rule("500/h", per: .route)])
        let passed = await withTaskGroup(of: Int.self) { group in
            for number in 0..<8 as Range<UInt32> {
                group.addTask {
                    let caller = RateLimiter.Caller(token: nil, client: Client(address: IPAddress(v4: number)))
                    return (0..<1_000).count { _ in limiter.take(caller, at: 0) == nil }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(passed == 500)
    }

    @Test(arguments: [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true), ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
        ("192.0.2.1", "192.0.2.2", false), ("192.0.2.1", "::ffff:192.0.2.1", true),
    ])
    func `an address of IPv6 counts by its customer's block`(_ first: String, _ second: String, _ isOne: Bool) {
        let keys = [first, second].map { BucketKey(Client(address: IPAddress($0))) }
        #expect((keys[0] == keys[1]) == isOne)
    }

    @Test(arguments: ["1/s", "9223372036854775807/1us", "7/30d", "1000000/d", "1/36500d"])
    func `an extreme rate neither traps nor lets more through than its burst`(_ limit: String) throws {
        let rate = try #require(Rate(parsing: limit))
        guard let rule = RateLimitRule(rate, burst: 2) else { return }
        let limiter = RateLimiter([rule])
        #expect(limiter.take(caller(1), at: .max) == nil)
        #expect(limiter.take(caller(1), at: .max) == nil)
        #expect(limiter.take(caller(1), at: 0) != nil)
    }

    @Test func `a bucket that was left for ages is full`() throws {
        let limiter = RateLimiter([try rule("1000000/s", burst: 1)])
        #expect(limiter.take(caller(1), at: 0) == nil)
        #expect(limiter.take(caller(1), at: .max) == nil)
    }
}
