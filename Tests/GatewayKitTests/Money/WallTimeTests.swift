import GatewayKit
import Testing

struct WallTimeTests {
    @Test(
        arguments: [
            (0, 0), (1, 1_000), (-1, -1_000), (.max, .max), (.min, .min), (.max / 1_000, .max / 1_000 * 1_000),
            (.max / 1_000 + 1, .max), (.min / 1_000 - 1, .min),
        ] as [(Int64, Int64)]
    )
    func `seconds are clamped`(_ seconds: Int64, _ milliseconds: Int64) {
        #expect(WallTime(seconds: seconds).milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            (0, 0), (999, 0), (1_000, 1), (-1, -1), (-999, -1), (-1_000, -1), (-1_001, -2),
            (.max, 9_223_372_036_854_775), (.min, -9_223_372_036_854_776), (.min + 1, -9_223_372_036_854_776),
        ] as [(Int64, Int64)]
    )
    func `seconds are rounded down, before 1970 too`(_ milliseconds: Int64, _ seconds: Int64) {
        #expect(WallTime(milliseconds: milliseconds).seconds == seconds)
    }

    @Test(
        arguments: [
            (0, .milliseconds(1_500), 1_500), (1_500, .milliseconds(-1_500), 0), (0, .microseconds(999), 0),
            (.max, .milliseconds(1), .max), (.min, .milliseconds(-1), .min), (.max, .milliseconds(-1), .max - 1),
            (0, .seconds(Int64.max), .max), (0, .seconds(Int64.min), .min),
            // The seconds alone just fit and the rest does not.
            (0, Duration(secondsComponent: 9_223_372_036_854_775, attosecondsComponent: 999_000_000_000_000_000), .max),
            (
                0, Duration(secondsComponent: -9_223_372_036_854_775, attosecondsComponent: -999_000_000_000_000_000),
                .min
            ),
            (0, Duration(secondsComponent: 9_223_372_036_854_775, attosecondsComponent: 807_000_000_000_000_000), .max),
            (
                -1_000,
                Duration(secondsComponent: 9_223_372_036_854_775, attosecondsComponent: 999_000_000_000_000_000),
                9_223_372_036_854_774_999
            ),
        ] as [(Int64, Duration, Int64)]
    )
    func `advancing is clamped`(_ start: Int64, _ duration: Duration, _ end: Int64) {
        #expect(WallTime(milliseconds: start).advanced(by: duration).milliseconds == end)
    }

    @Test func `times are ordered`() {
        #expect(WallTime(seconds: 1) < WallTime(milliseconds: 1_001))
    }
}
