import Stores
import Testing

struct ReconnectPauseTests {
    private let start = ContinuousClock.now
    private let failure = PostgresFailure.unreachable("nobody listens")

    private func after(_ milliseconds: Int64) -> ContinuousClock.Instant {
        start.advanced(by: .milliseconds(milliseconds))
    }

    @Test func `nobody tries again before the pause has ended`() {
        var pause = ReconnectPause(first: .milliseconds(100), longest: .seconds(1))
        #expect(pause.failure(at: start) == nil)
        pause.failed(failure, at: start, share: 1)
        #expect(pause.failure(at: after(99)) == failure)
        #expect(pause.failure(at: after(100)) == nil)
    }

    @Test func `the pause grows to its bound, and is short again after a success`() {
        var pause = ReconnectPause(first: .milliseconds(100), longest: .milliseconds(300))
        var now: Int64 = 0
        for length: Int64 in [100, 200, 300, 300] {
            pause.failed(failure, at: after(now), share: 1)
            #expect(pause.failure(at: after(now + length - 1)) == failure)
            #expect(pause.failure(at: after(now + length)) == nil)
            now += length
        }
        pause.reached()
        #expect(pause.failure(at: after(now)) == nil)
        pause.failed(failure, at: after(now), share: 1)
        #expect(pause.failure(at: after(now + 100)) == nil)
    }

    @Test func `those who tried it together count once`() {
        var pause = ReconnectPause(first: .milliseconds(100), longest: .seconds(1))
        for _ in 0..<8 { pause.failed(failure, at: start, share: 1) }
        #expect(pause.failure(at: after(100)) == nil)
    }
}
