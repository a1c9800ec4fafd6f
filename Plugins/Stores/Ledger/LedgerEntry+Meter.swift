internal import GatewayKit

extension LedgerEntry {
    /// What a request has cost its bundle; `nil` where that is nothing, and no reason says why.
    static func debit(
        of cost: Amount,
        for reservation: MeterReservation,
        because reason: String?,
        at time: WallTime
    ) -> LedgerEntry? {
        guard cost > .zero || reason != nil else { return nil }
        let account = reservation.account.form == .session ? "session" : "bundle"
        return LedgerEntry(
            .debit,
            of: min(cost, .maximum),
            payment: reservation.account.payment,
            at: time,
            service: reservation.service,
            route: reservation.route,
            credential: reservation.credential,
            detail: reason.map { "\(account): \($0)" } ?? account
        )
    }
}
