internal import GatewayKit

/// What is metered, in a memory store. A value: whoever keeps it guards it.
struct MeterTable {
    private struct Entry {
        let reservation: MeterReservation
        /// `nil` where the meter keeps the account itself.
        let setAside: Amount?
        var lease: WallTime
        var response: MeteredUsage.Response?
    }

    private var balances = [PaymentHash: MeterBalance]()
    private var entries = [Bytes32: Entry]()

    func balance(of payment: PaymentHash) -> MeterBalance? { balances[payment] }

    mutating func reserve(
        _ reservation: MeterReservation,
        _ bundle: MeterBundle?,
        lease: WallTime
    ) -> MeterReserving {
        var setAside: Amount?
        if let bundle {
            let payment = reservation.account.payment
            let balance = balances[payment] ?? MeterBalance(capacity: bundle.capacity)
            guard let amount = balance.reservable(Amount(millisatoshis: reservation.reserved)) else {
                return balance.left > .zero ? .busy : .exhausted
            }
            balances[payment] = balance.reserving(amount)
            setAside = amount
        }
        entries[reservation.id] = Entry(reservation: reservation, setAside: setAside, lease: lease)
        return .reserved
    }

    /// - Returns: the reservation, and whether it was one from a bundle; `nil` when it was not there any more.
    mutating func settle(_ id: Bytes32, cost: Amount) -> (reservation: MeterReservation, isOfBundle: Bool)? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        guard let setAside = entry.setAside else { return (entry.reservation, false) }
        let payment = entry.reservation.account.payment
        balances[payment] = balances[payment]?.settling(setAside, cost: cost)
        return (entry.reservation, true)
    }

    mutating func extend(_ id: Bytes32, until lease: WallTime) {
        entries[id]?.lease = lease
    }

    mutating func keep(_ response: MeteredUsage.Response, of id: Bytes32, until lease: WallTime) {
        entries[id]?.response = response
        entries[id]?.lease = lease
    }

    mutating func takeOver(
        at time: WallTime,
        until lease: WallTime,
        limit: Int
    ) -> [(reservation: MeterReservation, response: MeteredUsage.Response?)] {
        let due = entries.values.filter { $0.lease <= time }
            .sorted { $0.reservation.madeAt < $1.reservation.madeAt }
            .prefix(limit)
        for entry in due { entries[entry.reservation.id]?.lease = lease }
        return due.map { ($0.reservation, $0.response) }
    }
}
