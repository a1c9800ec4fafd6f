import GatewayKit
import Testing

/// What is judged in the trial with killed processes would be found.
struct KillPurchaseTests {
    private func purchase(
        _ form: KillPurchase.Form,
        _ ends: KillPurchase.End...,
        brokenOff: Int = 0
    ) -> KillPurchase {
        var purchase = KillPurchase(form, payment: PaymentHash(.zero), authorization: "", otherAuthorization: nil)
        for end in ends { purchase.note(end) }
        purchase.brokenOff = brokenOff
        return purchase
    }

    private func books(_ rows: (kind: String, detail: String)...) throws -> KillBooks {
        let lines = rows.map { row in
            #"{"kind":"\#(row.kind)","payment":"\#(Bytes32.zero.hex)","detail":"\#(row.detail)"}"#
        }
        return try KillBooks(lines.joined(separator: "\n"))
    }

    @Test func `one answer is what a charge buys, also where it is given again or came late`() {
        #expect(purchase(.charge, .served(attempt: "1"), .used).faults == [])
        #expect(purchase(.keyedCharge, .served(attempt: "1"), .served(attempt: "1")).faults == [])
        #expect(purchase(.charge, .waits, .waits, .served(attempt: "3"), .used, brokenOff: 1).faults == [])
    }

    @Test func `two answers to one charge are found`() {
        #expect(purchase(.charge, .served(attempt: "1"), .served(attempt: "2")).faults.count == 1)
    }

    @Test func `a charge may be lost with a process that answers it, and only so`() {
        #expect(purchase(.charge, .used, .used, brokenOff: 1).faults == [])
        #expect(purchase(.charge, .used, .used).faults.count == 1)
        #expect(purchase(.charge, .waits, .used, brokenOff: 1).faults.count == 1)
        #expect(purchase(.charge, .refused("expired"), brokenOff: 1).faults.count == 1)
    }

    @Test func `a token that is refused is found`() {
        #expect(purchase(.sharedToken, .served(attempt: "1"), .served(attempt: "2")).faults == [])
        #expect(purchase(.sharedToken, .served(attempt: "1"), .used, brokenOff: 1).faults.count == 1)
    }

    @Test func `a payment that buys two things is found`() {
        var both = purchase(.sharedCharge, .served(attempt: "1"))
        both.noteOther(.served(attempt: "2"))
        #expect(both.faults.count == 1)
    }

    @Test func `books that say otherwise are found`() throws {
        let served = try books(("claim", "mpp/charge taken 1-1 0"), ("move", "mpp/charge served 1-1"))
        #expect(purchase(.charge, .served(attempt: "1")).faults(in: served) == [])
        #expect(purchase(.charge, .waits).faults(in: served).count == 1)
        #expect(purchase(.sharedToken, .served(attempt: "1")).faults(in: served).count == 1)
        let empty = try books()
        #expect(purchase(.charge, .used, brokenOff: 1).faults(in: empty).count == 1)
        let twice = try books(("move", "mpp/charge served 1-1"), ("move", "mpp/charge served 2-1"))
        #expect(purchase(.charge, .served(attempt: "1")).faults(in: twice).count == 1)
    }
}
