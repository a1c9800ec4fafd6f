import GatewayKit
import GatewayTesting
import Testing
import TimeOfDay

struct TimeOfDayCaveatTests {
    /// 2026-01-01 00:00 UTC.
    private let midnight: Int64 = 1_767_225_600

    private func verifier(at seconds: Int64, _ settings: Any? = nil) throws -> TimeOfDayCaveat {
        let time = ManualTime(start: WallTime(seconds: seconds))
        let example = ExampleSettings(settings)
        let verifier = example.make(word: "time-of-day") {
            TimeOfDayCaveat(from: &$0, .example(time: time.source))
        }
        #expect(example.messages == [])
        return try #require(verifier)
    }

    private func caveat(_ value: String) -> Caveat { Caveat(condition: "time-of-day", value: value) }

    /// - Parameter clock: `HH:MM` on 1 January 2026 in UTC.
    private func allows(_ value: String, at clock: String, _ settings: Any? = nil) throws -> Bool {
        let parts = clock.split(separator: ":").compactMap { Int64($0) }
        let seconds = midnight + parts[0] * 3_600 + parts[1] * 60 + (parts.count > 2 ? parts[2] : 0)
        return try verifier(at: seconds, settings).allows(caveat(value), .example())
    }

    @Test(arguments: [
        ("08:00-18:00", "08:00", true), ("08:00-18:00", "17:59:59", true), ("08:00-18:00", "18:00", false),
        ("08:00-18:00", "07:59:59", false), ("00:00-24:00", "00:00", true), ("00:00-24:00", "23:59:59", true),
        ("06:00-07:00,12:00-13:00", "12:30", true), ("06:00-07:00,12:00-13:00", "09:00", false),
    ])
    func `a window begins at its start and is over at its end`(
        _ value: String,
        _ clock: String,
        _ expected: Bool
    ) throws {
        #expect(try allows(value, at: clock) == expected)
    }

    @Test(arguments: [
        ("22:00", true), ("23:59:59", true), ("00:00", true), ("05:59", true), ("06:00", false), ("21:59", false),
    ])
    func `a window whose end comes first goes over midnight`(_ clock: String, _ expected: Bool) throws {
        #expect(try allows("22:00-06:00", at: clock) == expected)
    }

    @Test func `the day of the zone counts`() throws {
        #expect(try allows("09:00-10:00", at: "08:30", "Europe/Berlin"))
        #expect(try !allows("08:00-09:00", at: "08:30", "Europe/Berlin"))
        #expect(try allows("19:00-20:00", at: "00:30", ["zone": "America/New_York"]))
        #expect(try allows("08:00-09:00", at: "08:30", "UTC"))
    }

    @Test func `in summer the clock on the wall counts`() throws {
        // 2026-07-01 08:30 UTC.
        let summer = midnight + 181 * 86_400 + 8 * 3_600 + 1_800
        #expect(try verifier(at: summer, "Europe/Berlin").allows(caveat("10:00-11:00"), .example()))
    }

    @Test func `before 1970 there was a day, too`() throws {
        #expect(try verifier(at: -60).allows(caveat("23:59-24:00"), .example()))
        #expect(try verifier(at: -61).allows(caveat("23:58-23:59"), .example()))
    }

    @Test(arguments: [
        "", "-", "08:00", "08:00-", "-18:00", "8:00-18:00", "08:00-18:00-20:00", "08:00-24:01", "24:00-08:00",
        "08:60-09:00",
        "08:00-08:00", "08:00-18:00,", ",08:00-18:00", "08:00 - 18:00", "０8:00-18:00", "08.00-18.00", "08:00-25:00",
    ])
    func `what is no list of windows permits nothing`(_ value: String) throws {
        for hour in [0, 9, 17, 23] {
            #expect(try !allows(value, at: "\(hour):30"))
        }
    }

    @Test func `as many windows as there may be are read and one more is not`() throws {
        let most = [String](repeating: "00:00-24:00", count: 24).joined(separator: ",")
        #expect(try allows(most, at: "09:00"))
        #expect(try !allows(most + ",00:00-24:00", at: "09:00"))
    }

    @Test(arguments: [
        ("08:00-18:00", "09:00-17:00", true), ("08:00-18:00", "08:00-18:00", true),
        ("08:00-18:00", "07:59-18:00", false),
        ("08:00-18:00", "17:00-19:00", false), ("22:00-06:00", "23:00-05:00", true),
        ("22:00-06:00", "00:00-06:00", true),
        ("22:00-06:00", "05:00-07:00", false), ("08:00-12:00,12:00-18:00", "11:00-13:00", true),
        ("08:00-12:00,13:00-18:00", "11:00-14:00", false), ("00:00-24:00", "18:00-08:00", true),
        ("18:00-08:00", "00:00-24:00", false), ("08:00-18:00", "nonsense", false), ("nonsense", "08:00-18:00", false),
    ])
    func `later windows lie inside the earlier ones`(_ earlier: String, _ later: String, _ expected: Bool) throws {
        #expect(try verifier(at: midnight).narrows(caveat(earlier), to: caveat(later)) == expected)
    }

    @Test(arguments: ["Mars", "CET", "Europe/Atlantis", "+01:00", ""])
    func `what is no zone is a mistake`(_ zone: String) {
        let settings = ExampleSettings(["zone": zone])
        _ = settings.make(word: "time-of-day") { TimeOfDayCaveat(from: &$0, .example()) }
        #expect(settings.messages == ["'zone' should be a time zone such as Europe/Berlin or UTC, not '\(zone)'"])
    }

    @Test func `what is sold can be read`() throws {
        func verdict(_ value: String) throws -> SoldCaveatVerdict? {
            let place = Place(file: "example.yaml", line: 1, column: 1)
            return try verifier(at: midnight).verdict(
                on: SoldCaveat(condition: "time-of-day", value: .text(value), place: place)
            )
        }
        #expect(try verdict("08:00-18:00") == .enforced)
        #expect(try verdict("8-18") == .unfulfillable("is no list of times such as 08:00-18:00,22:00-02:00"))
    }

    @Test(arguments: CaveatVerifierConformance.Check.allCases)
    func `it keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
        for hour: Int64 in [0, 9, 23] {
            try CaveatVerifierConformance(
                verifier(at: midnight + hour * 3_600),
                values: [
                    "08:00-18:00", "22:00-06:00", "09:00-10:00,23:00-24:00", "00:00-24:00", "00:00-00:01",
                    "12:00-13:00",
                ],
                exchanges: [.example()]
            ).run(check)
        }
    }
}
