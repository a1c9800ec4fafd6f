import GatewayKit

/// A payment and what it bought, as its client knows: it keeps what it paid for over the deaths of the gateway.
struct KillPurchase: Sendable {
    enum Form: CaseIterable {
        /// A charge.
        case charge
        /// A charge whose requests have an idempotency key.
        case keyedCharge
        /// A charge that was offered beside a token for the same payment.
        case sharedCharge
        /// A token that was offered beside a charge for the same payment.
        case sharedToken

        var path: String {
            switch self {
            case .charge, .keyedCharge: "/echo"
            case .sharedCharge, .sharedToken: "/both"
            }
        }

        var isToken: Bool { self == .sharedToken }
    }

    /// What showing a credential came to.
    enum End: Hashable {
        /// `attempt`: the request that was served, which is another one where an answer is given again.
        case served(attempt: String)
        /// Somebody who may have died was serving it: it is to come back.
        case waits
        /// The payment has bought something already.
        case used
        /// Anything else that asks for a payment.
        case refused(String)

        var isServed: Bool {
            if case .served = self { true } else { false }
        }
    }

    let form: Form
    let payment: PaymentHash
    /// `Authorization`.
    let authorization: String
    /// The other scheme's for the same payment, where that was offered too.
    let otherAuthorization: String?

    /// In their order.
    private(set) var ends: [End] = []
    private(set) var otherEnds: [End] = []
    /// Requests with it that ended with the process.
    var brokenOff = 0

    init(_ form: Form, payment: PaymentHash, authorization: String, otherAuthorization: String?) {
        self.form = form
        self.payment = payment
        self.authorization = authorization
        self.otherAuthorization = otherAuthorization
    }

    mutating func note(_ end: End) { ends.append(end) }

    mutating func noteOther(_ end: End) { otherEnds.append(end) }

    func fields(attempt: String) -> [(String, String)] {
        let key = form == .keyedCharge ? [("Idempotency-Key", "\(payment)")] : []
        return [("Authorization", authorization), ("X-Attempt", attempt)] + key
    }

    var isServed: Bool { ends.contains { $0.isServed } }

    /// True while its payment has not been taken for good.
    var waits: Bool { ends.last == .waits }

    /// Paid, and it will never be served. Permitted where the process died with its answer (ADR 0009).
    var isLost: Bool { !isServed && !waits }

    // MARK: Judging

    /// What must not be, as far as the client can see.
    var faults: [String] {
        var faults = [String]()
        let refusals = ends.filter { if case .refused = $0 { true } else { false } }
        if !refusals.isEmpty { faults.append("refused for another reason: \(refusals)") }
        if otherEnds.contains(where: { $0 != .used }) { faults.append("bought something else too: \(otherEnds)") }
        if form.isToken {
            if !ends.allSatisfy(\.isServed) { faults.append("a token is good for every request: \(ends)") }
        } else {
            let served = Set(ends.filter(\.isServed))
            if served.count > 1 { faults.append("served more than once: \(served)") }
            if isLost, brokenOff == 0 { faults.append("lost, and nobody died with its answer") }
            if isLost, ends.contains(.waits) { faults.append("told to come back, and lost then: \(ends)") }
            if let taken = ends.firstIndex(where: { $0 != .waits }), ends[taken...].contains(.waits) {
                faults.append("taken for good, and not any more: \(ends)")
            }
        }
        return faults.map { "\(form) of \(payment): \($0)" }
    }

    /// What the books must not say of it.
    func faults(in books: KillBooks) -> [String] {
        let (served, tokens) = (books.served[payment, default: 0], books.tokens[payment, default: 0])
        let isRight = form.isToken ? (served, tokens) == (0, 1) : (served, tokens) == (waits ? 0 : 1, 0)
        return isRight ? [] : ["\(form) of \(payment) after \(ends): \(served) answers, \(tokens) tokens in the books"]
    }
}
