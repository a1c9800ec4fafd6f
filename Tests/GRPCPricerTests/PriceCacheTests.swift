import GRPCPricer
import GatewayKit
import GatewayTesting
import HTTPTypes
import NIOCore
import Testing

/// Prices that are kept, with a clock that is moved by hand. Waiters are numbers.
struct PriceCacheTests {
    private struct Play {
        var cache: PriceCache<Int>
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        private var lastWaiter = 0

        init(_ terms: CacheTerms) { cache = PriceCache(terms) }

        mutating func asks(_ path: String) -> PriceCache<Int>.Step {
            lastWaiter += 1
            return cache.step(for: Self.key(path), lastWaiter, at: now)
        }

        mutating func answers(_ path: String, _ satoshis: UInt64?) -> PriceCache<Int>.Settlement {
            cache.answered(Self.key(path), with: satoshis.flatMap(Amount.satoshis), at: now)
        }

        mutating func waits(_ duration: Duration) { now = now + TimeAmount(duration) }

        static func key(_ path: String) -> PriceKey {
            PriceKey(of: .example(.get, path), body: ByteBuffer(), by: CacheTerms(lifetime: .seconds(1)))
        }
    }

    private func amount(_ satoshis: UInt64) -> Amount { Amount(millisatoshis: satoshis * 1_000) }

    private func terms(grace: Duration = .zero, count: Int = 10) -> CacheTerms {
        var terms = CacheTerms(lifetime: .seconds(5))
        terms.grace = grace
        terms.count = count
        return terms
    }

    @Test func `a price is asked for once and holds for its time`() {
        var play = Play(terms())
        #expect(play.asks("/a") == .ask)
        #expect(play.answers("/a", 10).waiters == [1])
        play.waits(.milliseconds(4_999))
        #expect(play.asks("/a") == .known(amount(10)))
        play.waits(.milliseconds(1))
        #expect(play.asks("/a") == .ask)
    }

    @Test func `whoever asks meanwhile waits for the one that asked`() {
        var play = Play(terms())
        #expect(play.asks("/a") == .ask)
        #expect(play.asks("/a") == .wait)
        #expect(play.asks("/b") == .ask)
        #expect(play.asks("/a") == .wait)
        #expect(play.answers("/a", 10).waiters == [1, 2, 4])
        #expect(play.answers("/b", 20).waiters == [3])
    }

    @Test func `free is a price`() {
        var play = Play(terms())
        _ = play.asks("/a")
        _ = play.answers("/a", 0)
        #expect(play.asks("/a") == .known(.zero))
    }

    @Test func `a failure is not kept: the next one asks again`() {
        var play = Play(terms())
        _ = play.asks("/a")
        #expect(play.asks("/a") == .wait)
        let settled = play.answers("/a", nil)
        #expect(settled.waiters == [1, 2])
        #expect(settled.stale == nil)
        #expect(play.cache.count == 0)
        #expect(play.asks("/a") == .ask)
    }

    @Test func `an old price serves where there is no other, and no longer than the policy says`() {
        var play = Play(terms(grace: .seconds(10)))
        _ = play.asks("/a")
        _ = play.answers("/a", 10)
        play.waits(.milliseconds(14_999))
        #expect(play.asks("/a") == .ask)
        #expect(play.answers("/a", nil).stale == amount(10))
        // It is asked for again, each time.
        #expect(play.asks("/a") == .ask)
        play.waits(.milliseconds(1))
        #expect(play.answers("/a", nil).stale == nil)
    }

    @Test func `a new price takes the place of an old one`() {
        var play = Play(terms(grace: .seconds(100)))
        _ = play.asks("/a")
        _ = play.answers("/a", 10)
        play.waits(.seconds(6))
        _ = play.asks("/a")
        _ = play.answers("/a", 20)
        #expect(play.asks("/a") == .known(amount(20)))
        play.waits(.seconds(6))
        _ = play.asks("/a")
        #expect(play.answers("/a", nil).stale == amount(20))
    }

    @Test func `the oldest price makes room`() {
        var play = Play(terms(count: 2))
        for path in ["/a", "/b", "/c"] {
            _ = play.asks(path)
            _ = play.answers(path, 10)
        }
        #expect(play.cache.count == 2)
        #expect(play.asks("/c") == .known(amount(10)))
        #expect(play.asks("/b") == .known(amount(10)))
        #expect(play.asks("/a") == .ask)
    }

    @Test func `one that is asked for again keeps its waiters when it makes room`() {
        var play = Play(terms(grace: .seconds(100), count: 1))
        _ = play.asks("/a")
        _ = play.answers("/a", 10)
        play.waits(.seconds(6))
        #expect(play.asks("/a") == .ask)
        _ = play.asks("/b")
        _ = play.answers("/b", 20)
        let settled = play.answers("/a", nil)
        #expect(settled.waiters == [2])
        #expect(settled.stale == nil)
    }

    @Test func `a price that is renewed over and over takes the room of one`() {
        var play = Play(terms(count: 3))
        for _ in 0..<100 {
            _ = play.asks("/a")
            _ = play.answers("/a", 10)
            play.waits(.seconds(6))
        }
        #expect(play.cache.count == 1)
        #expect(play.answers("/nobody", 1).waiters == [])
        #expect(play.cache.count == 1)
    }

    @Test func `no more prices are kept than the policy says, whatever is asked`() {
        var play = Play(terms(count: 7))
        var chance = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let path = "/\(Int.random(in: 0..<50, using: &chance))"
            if play.asks(path) == .ask { _ = play.answers(path, Bool.random(using: &chance) ? 1 : nil) }
            play.waits(.milliseconds(Int64.random(in: 0..<1_000, using: &chance)))
            #expect(play.cache.count <= 7)
        }
    }
}
