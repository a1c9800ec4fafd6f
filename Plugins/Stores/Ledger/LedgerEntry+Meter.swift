internal import GatewayKit

extension LedgerEntry {
    /// What a request has cost its bundle; `nil` where that is nothing.
    static func debit(of cost: Amount, for reservation: MeterReservation, at time: WallTime) -> LedgerEntry? {
        guard cost > .zero else { return nil }
        return LedgerEntry(
            .debit,
            of: min(cost, .maximum),
            payment: reservation.account.payment,
            at: time,
            service: reservation.service,
            route: reservation.route,
            credential: reservation.credential,
            detail: "bundle"
        )
    }
}
