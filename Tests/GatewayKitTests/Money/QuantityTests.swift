import GatewayKit
import NIOCore
import Testing

struct QuantityTests {
    // MARK: Rates

    @Test(arguments: [
        ("20/s", 20, 1), ("100/m", 100, 60), ("1000/h", 1_000, 3_600), ("10/d", 10, 86_400), ("10/day", 10, 86_400),
        ("5/10s", 5, 10), ("1/5m", 1, 300),
    ])
    func `a rate is read with its period`(_ text: String, _ count: Int, _ seconds: Int) {
        #expect(Rate(parsing: text) == Rate(count, per: .seconds(seconds)))
    }

    @Test(arguments: [
        "", "/", "20", "20/", "/s", "20/sec", "0/s", "-1/s", "+1/s", "20/s/s", "20 /s", "20/ s", "1.5/s", "5/0s",
        "99999999999999999999/s", "1/99999999999999999999s", "5/37000d",
    ])
    func `anything else is no rate`(_ text: String) {
        #expect(Rate(parsing: text) == nil)
    }

    @Test(arguments: ["20/s", "100/m", "1000/h", "10/d", "5/10s", "7/250ms"])
    func `a rate says what was read`(_ text: String) {
        #expect(Rate(parsing: text)?.description == text)
    }

    @Test func `a rate has at least one event and a period`() {
        #expect(Rate(0, per: .seconds(1)) == nil)
        #expect(Rate(1, per: .zero) == nil)
        #expect(Rate(1, per: .seconds(-1)) == nil)
    }

    // MARK: Bytes

    @Test(arguments: [
        ("0 B", 0), ("100 B", 100), ("16 KiB", 16_384), ("16KiB", 16_384), ("1 MiB", 1_048_576),
        ("2 GiB", 2_147_483_648), ("500 kB", 500_000), ("3 MB", 3_000_000), ("1 GB", 1_000_000_000),
    ])
    func `a size is read with its unit`(_ text: String, _ bytes: Int) {
        #expect(ByteCount(parsing: text) == ByteCount(bytes))
    }

    @Test(arguments: [
        "", "16", "KiB", "16 kib", "16 K", "1.5 MiB", "-1 B", "9223372036854775808 B", "18446744073709551615 GiB",
        "8589934592 GiB",
    ])
    func `anything else is no size`(_ text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (1_023, "1023 B"), (1_024, "1 KiB"), (1_536, "1536 B"), (1_048_576, "1 MiB"),
        (-5, "-5 B"), (Int.max, "9223372036854775807 B"),
    ])
    func `a size is written in the largest unit that is exact`(_ bytes: Int, _ text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    // MARK: Durations

    @Test(
        arguments: [
            ("200ms", .milliseconds(200)), ("60s", .seconds(60)), ("5m", .seconds(300)), ("1h", .seconds(3_600)),
            ("30d", .seconds(2_592_000)), ("7us", .microseconds(7)), ("0s", .zero), ("60 s", .seconds(60)),
            ("36500d", .seconds(36_500 * 86_400)),
        ] as [(String, Duration)]
    )
    func `a duration is read with its unit`(_ text: String, _ duration: Duration) {
        #expect(Duration(parsing: text) == duration)
    }

    @Test(arguments: ["", "s", "60", "1.5s", "-1s", "60S", "1w", "1m30s", "36501d", "18446744073709551615d"])
    func `anything else, and more than a century, is no duration`(_ text: String) {
        #expect(Duration(parsing: text) == nil)
    }

    @Test(
        arguments: [
            (.seconds(60), "1m"), (.seconds(90), "90s"), (.milliseconds(1_500), "1500ms"), (.zero, "0s"),
            (.seconds(-5), "0s"), (.seconds(86_400), "1d"), (.microseconds(7), "7us"),
        ] as [(Duration, String)]
    )
    func `a duration is written in the largest unit that is exact`(_ duration: Duration, _ text: String) {
        #expect(duration.formattedForPolicy == text)
    }

    @Test func `a duration of ages is written without a trap`() {
        #expect(!Duration.seconds(Int64.max).formattedForPolicy.isEmpty)
        #expect(!Duration.seconds(30_000_000_000).formattedForPolicy.isEmpty)
    }

    @Test(
        arguments: [
            (.zero, 0), (.milliseconds(1), 1), (.seconds(1), 1), (.milliseconds(1_001), 2),
            (.milliseconds(-500), 0), (.seconds(-2), -2),
            (Duration(secondsComponent: .max, attosecondsComponent: 1), .max),
        ] as [(Duration, Int64)]
    )
    func `seconds to wait are rounded up`(_ duration: Duration, _ seconds: Int64) {
        #expect(duration.secondsRoundedUp == seconds)
    }

    // MARK: All

    @Test func `every prefix and every flipped byte of a quantity is read or refused`() {
        for text in ["20/s", "1000/10m", "16 KiB", "500 kB", "200ms", "36500d"] {
            for variant in Variants.of(text) {
                let text = String(decoding: variant, as: UTF8.self)
                if let rate = Rate(parsing: text) { #expect(rate.count >= 1 && rate.period > .zero) }
                if let size = ByteCount(parsing: text) { #expect(size.bytes >= 0) }
                if let duration = Duration(parsing: text) { #expect(duration >= .zero) }
            }
        }
    }

    @Test func `the clock of the machine says a time after this was written`() {
        #expect(TimeSource.system.now() > WallTime(seconds: 1_767_225_600 - 10 * 365 * 86_400))
        #expect(TimeSource.system.uptime() <= TimeSource.system.uptime())
    }
}
