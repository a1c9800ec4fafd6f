import GatewayKit
import MPP
import Testing

@Suite struct `The entry of a charge in the ledger` {
    private static let attempt = ChargeAttempt(process: 0xA, number: 7)

    @Test(arguments: [
        ("mpp/charge", ChargeEntry.served(by: nil)),
        ("mpp/charge served a-7", .served(by: attempt)),
        ("mpp/charge taken a-7 60000", .taken(by: attempt, until: WallTime(seconds: 60))),
    ])
    func `is read as it is written`(purpose: String, entry: ChargeEntry) {
        #expect(ChargeEntry(purpose: purpose) == entry)
        #expect(entry.purpose == purpose)
    }

    @Test(arguments: [
        "", "l402", "mpp/session", "mpp/charges", "mpp/charge ", "mpp/charge served", "mpp/charge served a",
        "mpp/charge served x-1", "mpp/charge taken a-7", "mpp/charge taken a-7 soon", "mpp/charge taken a-7 1 2",
        "mpp/charge refunded a-7",
    ])
    func `that nobody here wrote is another's`(purpose: String) {
        #expect(ChargeEntry(purpose: purpose) == .foreign)
        #expect(ChargeEntry(purpose: purpose).purpose == nil)
    }

    struct Row: Sendable {
        let entry: ChargeEntry
        let knowledge: ChargeAttempts.Knowledge
        let seconds: Int64
        let step: ChargeEntry.Step

        init(
            _ entry: ChargeEntry,
            _ knowledge: ChargeAttempts.Knowledge,
            at seconds: Int64,
            _ step: ChargeEntry.Step
        ) {
            self.entry = entry
            self.knowledge = knowledge
            self.seconds = seconds
            self.step = step
        }
    }

    private static let end = WallTime(seconds: 60)
    private static let taken = ChargeEntry.taken(by: attempt, until: end)
    private static let served = ChargeEntry.served(by: attempt)

    /// Everything that an attempt may find, and what it does.
    static let table = [
        Row(taken, .goesOn, at: 0, .refuse), Row(taken, .goesOn, at: 60, .refuse),
        Row(taken, .gaveNothing, at: 0, .takeOver), Row(taken, .gaveNothing, at: 60, .takeOver),
        Row(taken, .ended, at: 0, .takeOver), Row(taken, .ended, at: 60, .takeOver),
        Row(taken, .elsewhere, at: 0, .wait(until: end)), Row(taken, .elsewhere, at: 59, .wait(until: end)),
        Row(taken, .elsewhere, at: 60, .takeOver),
        Row(served, .goesOn, at: 60, .refuse), Row(served, .gaveNothing, at: 0, .takeOver),
        Row(served, .ended, at: 60, .refuse), Row(served, .elsewhere, at: 60, .refuse),
        Row(.served(by: nil), .gaveNothing, at: 60, .refuse), Row(.foreign, .gaveNothing, at: 60, .refuse),
    ]

    @Test(arguments: table) func `says what another attempt may do`(row: Row) {
        #expect(row.entry.step(at: WallTime(seconds: row.seconds)) { _ in row.knowledge } == row.step)
    }

    @Test func `tells attempts of this process from those of others, and knows how they went`() {
        let attempts = ChargeAttempts()
        let (first, second) = (attempts.begin(), attempts.begin())
        #expect(first != second)
        #expect(attempts.knowledge(of: first) == .goesOn)
        attempts.end(first, gaveNothing: false)
        #expect(attempts.knowledge(of: first) == .ended)
        attempts.end(second, gaveNothing: true)
        #expect(attempts.knowledge(of: second) == .gaveNothing)
        attempts.forget(second)
        #expect(attempts.knowledge(of: second) == .ended)
        #expect(ChargeAttempts().knowledge(of: first) == .elsewhere)
    }
}
