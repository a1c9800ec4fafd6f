import GatewayKit
import MPP

/// A session as its client knows it, over the deaths of the gateway.
struct KillSession: Sendable {
    /// Of the policy, in satoshis.
    static let deposit: UInt64 = 50
    /// Of a request, in satoshis.
    static let price: UInt64 = 10

    let id: PaymentHash
    let returnInvoice: String
    private let preimage: Preimage
    /// Of its credentials, each of which took a unit: the one that opened it is the first.
    private var ends: [KillPurchase.End] = []
    /// Units whose answers died with the process: permitted (ADR 0008).
    private(set) var lost = 0
    private var notes: [String] = []
    /// What its client was told in the end, and what the node has paid.
    private var closing: (answer: String, refund: Amount?)?

    init(id: PaymentHash, preimage: Preimage, returnInvoice: String) {
        self.id = id
        self.preimage = preimage
        self.returnInvoice = returnInvoice
    }

    // MARK: Credentials

    func opening(_ challenge: PaymentChallenge) -> PaymentCredential {
        credential("open", challenge, [("returnInvoice", returnInvoice)])
    }

    func bearer(_ challenge: PaymentChallenge) -> PaymentCredential {
        credential("bearer", challenge, [("sessionId", id.description)])
    }

    func close(_ challenge: PaymentChallenge) -> PaymentCredential {
        credential("close", challenge, [("sessionId", id.description)])
    }

    private func credential(
        _ action: String,
        _ challenge: PaymentChallenge,
        _ members: [(String, String?)]
    ) -> PaymentCredential {
        let all: [(String, String?)] = [("action", action), ("preimage", preimage.bytes.hex)] + members
        return PaymentCredential(challenge: challenge, payload: .texts(all))
    }

    // MARK: Judging

    /// - Parameter wasBrokenOff: whether a process died with the answer to the same credential.
    mutating func note(_ end: KillPurchase.End, wasBrokenOff: Bool) {
        ends.append(end)
        if end.isServed { return }
        lost += 1
        if end != .used || !wasBrokenOff { notes.append("\(end) in place of an answer") }
    }

    mutating func noteClosing(_ answer: String, refund: Amount?) { closing = (answer, refund) }

    /// What must not be, as far as the client can see.
    var faults: [String] {
        let rest = Self.deposit - Self.price * UInt64(ends.count)
        var faults = notes
        let expected = #"{"refundSats":\#(rest),"refundStatus":"succeeded","status":"closed"}"#
        if closing?.answer != expected || closing?.refund != Amount(millisatoshis: rest * 1_000) {
            faults.append("\(rest) sat are left, and the end is \(closing.map { "\($0)" } ?? "not told")")
        }
        return faults.map { "session \(id): \($0)" }
    }

    /// What the books must not say of it.
    func faults(in books: KillBooks) -> [String] {
        let booked = [books.deposits, books.units, books.refunds].map { $0[id, default: 0] }
        return booked == [1, ends.count, 1] ? [] : ["session \(id) of \(ends.count) units: \(booked) in the books"]
    }
}
