import GatewayKit
import NIOCore
import Testing

/// The breaker as a table: what happens, and what it is afterwards.
struct CircuitBreakerTests {
    enum Event {
        /// A call asks to go out at this second.
        case asks(Int64, isLet: CircuitBreaker.Permit?)
        case fails(CircuitBreaker.Permit, at: Int64)
        case succeeds(CircuitBreaker.Permit)
        case withdraws(CircuitBreaker.Permit, at: Int64)
    }

    private static func second(_ second: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(1_000 + second) }

    /// Three failures open it for ten seconds, then twenty, and never more than half a minute.
    private static var settings: CircuitBreaker.Settings {
        var settings = CircuitBreaker.Settings()
        settings.failures = 3
        settings.pause = .seconds(10)
        settings.longestPause = .seconds(30)
        return settings
    }

    private static let opened: [Event] = [
        .fails(.usual, at: 0), .fails(.usual, at: 0), .fails(.usual, at: 0),
    ]

    static let table: [(String, [Event], CircuitBreaker.State)] = [
        ("failures count", [.fails(.usual, at: 0), .fails(.usual, at: 0)], .closed(failures: 2)),
        (
            "an answer forgets them", [.fails(.usual, at: 0), .fails(.usual, at: 0), .succeeds(.usual)],
            .closed(failures: 0)
        ),
        ("enough in a row open it", opened, .open(until: second(10), trips: 1)),
        ("open, nobody is let out", opened + [.asks(9, isLet: nil)], .open(until: second(10), trips: 1)),
        ("after the pause one tries", opened + [.asks(10, isLet: .trial)], .halfOpen(trips: 1)),
        (
            "while it tries nobody else is let out", opened + [.asks(10, isLet: .trial), .asks(11, isLet: nil)],
            .halfOpen(trips: 1)
        ),
        (
            "its success closes it", opened + [.asks(10, isLet: .trial), .succeeds(.trial), .asks(11, isLet: .usual)],
            .closed(failures: 0)
        ),
        (
            "its failure opens it for twice as long", opened + [.asks(10, isLet: .trial), .fails(.trial, at: 12)],
            .open(until: second(32), trips: 2)
        ),
        (
            "but not for longer than the longest pause",
            opened + [
                .asks(10, isLet: .trial), .fails(.trial, at: 10), .asks(30, isLet: .trial), .fails(.trial, at: 30),
            ],
            .open(until: second(60), trips: 3)
        ),
        (
            "who leaves while it tries leaves the trial to the next",
            opened + [.asks(10, isLet: .trial), .withdraws(.trial, at: 11), .asks(11, isLet: .trial)],
            .halfOpen(trips: 1)
        ),
        (
            "calls from before it opened say nothing",
            opened + [.succeeds(.usual), .fails(.usual, at: 5), .withdraws(.usual, at: 5)],
            .open(until: second(10), trips: 1)
        ),
        (
            "nor while another tries", opened + [.asks(10, isLet: .trial), .succeeds(.usual), .fails(.usual, at: 11)],
            .halfOpen(trips: 1)
        ),
    ]

    @Test(arguments: table) func `it opens, tries and closes`(
        _ name: String,
        _ events: [Event],
        _ end: CircuitBreaker.State
    ) {
        var breaker = CircuitBreaker(Self.settings)
        for event in events {
            switch event {
            case .asks(let second, let expected): #expect(breaker.permit(at: Self.second(second)) == expected)
            case .fails(let permit, let second): breaker.failed(permit, at: Self.second(second), chance: 1)
            case .succeeds(let permit): breaker.succeeded(permit)
            case .withdraws(let permit, let second): breaker.withdrew(permit, at: Self.second(second))
            }
        }
        #expect(breaker.state == end)
    }

    @Test(arguments: [(0.0, 5), (0.5, 7), (1, 10), (7, 10), (-1, 5)])
    func `chance spreads the end of a pause over its second half`(_ chance: Double, _ seconds: Int64) {
        var settings = Self.settings
        settings.failures = 1
        var breaker = CircuitBreaker(settings)
        breaker.failed(.usual, at: Self.second(0), chance: chance)
        guard case .open(let end, _) = breaker.state else { return #expect(Bool(false), "it is not open") }
        #expect((end - Self.second(seconds)) < .seconds(1))
        #expect(end >= Self.second(seconds))
    }

    @Test func `no number of trips overflows`() {
        var settings = CircuitBreaker.Settings()
        settings.failures = 1
        settings.pause = .seconds(86_400 * 365 * 100)
        settings.longestPause = settings.pause
        var breaker = CircuitBreaker(settings)
        var now = Self.second(0)
        for trip in 1...3 {
            let permit = breaker.permit(at: now)
            breaker.failed(permit ?? .usual, at: now, chance: 0)
            guard case .open(let end, trip) = breaker.state else { return #expect(Bool(false), "it is not open") }
            if trip < 3 { now = min(end, .uptimeNanoseconds(4_000_000_000_000_000_000)) }
        }
    }
}
