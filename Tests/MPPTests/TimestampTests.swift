import GatewayKit
import MPP
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:05:00Z", 1_767_225_900), ("2000-02-29T23:59:59Z", 951_868_799),
        ("1969-12-31T23:59:59Z", -1), ("2100-03-01T00:00:00Z", 4_107_542_400),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func `a second has one text`(text: String, seconds: Int64) {
        #expect(Timestamp.text(of: WallTime(seconds: seconds)) == text)
        #expect(Timestamp.time(text) == WallTime(seconds: seconds))
    }

    @Test func `fractions of a second are left off, never rounded up`() {
        #expect(Timestamp.text(of: WallTime(milliseconds: 999)) == "1970-01-01T00:00:00Z")
    }

    @Test(arguments: [
        ("1970-01-01t00:00:01.5z", 1_500), ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T22:30:00-01:30", 0),
        ("1970-01-01T00:00:00.123456789Z", 123), ("1970-01-01T00:00:60Z", 59_000),
    ])
    func `the other forms of RFC 3339 are read`(text: String, milliseconds: Int64) {
        #expect(Timestamp.time(text) == WallTime(milliseconds: milliseconds))
    }

    @Test(arguments: [
        "", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Z ",
        "26-01-01T00:00:00Z", "+026-01-01T00:00:00Z",
    ])
    func `what is no time with a zone is refused`(text: String) {
        #expect(Timestamp.time(text) == nil)
    }
}
