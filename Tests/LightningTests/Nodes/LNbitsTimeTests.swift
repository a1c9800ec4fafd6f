import Lightning
import Testing

struct LNbitsTimeTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00", 0), ("1970-01-01T00:00:00.000001Z", 1),
            ("2000-02-29T00:00:00+00:00", 951_782_400_000_000), ("2026-11-30 09:54:50.7", 1_796_032_490_700_000),
            ("2026-11-30T09:54:50.783524+00:00", 1_796_032_490_783_524),
            ("2026-11-30T09:54:50.783524999Z", 1_796_032_490_783_524),
        ] as [(String, UInt64)]
    )
    func `a time of LNbits is so many microseconds`(_ text: String, _ microseconds: UInt64) {
        #expect(LNbitsTime(parsing: text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-30", "2026-13-30T09:54:50", "2026-11-30T24:00:00", "1969-12-31T23:59:59",
        "2026-11-30T09:54:50+01:00", "2026-11-30T09:54:50.", "2026-11-30T09:54:50.1234567890", "２026-11-30T09:54:50",
        "2026-11-30T09:54:50Z ", "99999-01-01T00:00:00",
    ])
    func `anything else is none`(_ text: String) {
        #expect(LNbitsTime(parsing: text) == nil)
    }
}
