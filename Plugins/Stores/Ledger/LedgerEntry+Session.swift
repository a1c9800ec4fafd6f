internal import GatewayKit

extension LedgerEntry {
    /// Something that happened to a session, whose credentials are all one in the books: that of the session.
    init(
        _ kind: Kind,
        of amount: Amount,
        _ session: Session,
        payment: PaymentHash? = nil,
        at time: WallTime,
        route: String = "",
        detail: String = ""
    ) {
        self.init(
            kind,
            of: amount,
            payment: payment ?? session.id,
            at: time,
            service: session.service,
            route: route,
            credential: CredentialID(session.id.bytes),
            detail: detail
        )
    }

    /// The deposit, and what the first request has spent of it.
    static func opening(_ session: Session, by action: SessionAction) -> [LedgerEntry] {
        let deposit = LedgerEntry(
            .credit,
            of: session.deposit,
            session,
            at: session.openedAt,
            route: action.route,
            detail: "deposit"
        )
        guard session.spent > .zero else { return [deposit] }
        return [deposit, LedgerEntry(.debit, of: session.spent, session, at: session.openedAt, route: action.route)]
    }

    /// - Parameter ended: the session after its end.
    static func close(_ ended: Session, at time: WallTime, route: String = "") -> LedgerEntry {
        LedgerEntry(.close, of: ended.rest, ended, at: time, route: route, detail: ended.ending?.rawValue ?? "")
    }

    /// What became of paying back; `nil` where it is tried again.
    static func refund(_ ended: Session, _ outcome: RefundOutcome, at time: WallTime) -> LedgerEntry? {
        switch outcome {
        case .paid(let cost):
            LedgerEntry(.refund, of: ended.rest, ended, at: time, detail: "fee \(cost), to \(ended.returnPayment)")
        case .givenUp: LedgerEntry(.close, of: ended.rest, ended, at: time, detail: "refund given up")
        case .failed: nil
        }
    }

    /// What the noted invoice of the payment knows, where the entry does not.
    mutating func complete(with issued: IssuedInvoice) {
        if service.isEmpty { service = issued.service }
        if route.isEmpty { route = issued.route }
        if quote == nil { quote = issued.quote }
    }

    /// The row of an invoice that was given out.
    init(quoting issued: IssuedInvoice) {
        self.init(
            .quote,
            of: issued.invoice.amount,
            payment: issued.invoice.paymentHash,
            at: issued.issuedAt,
            service: issued.service,
            route: issued.route,
            quote: issued.quote,
            detail: issued.conversion ?? ""
        )
    }
}
