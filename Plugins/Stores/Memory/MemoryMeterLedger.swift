internal import GatewayKit

/// What is metered, in memory.
struct MemoryMeterLedger: MeterLedger {
    let store: MemoryStore

    func reserve(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime
    ) async throws -> [MeterReserving] {
        store.withMeters { table in
            var answers = [MeterReserving]()
            for (reservation, bundle) in requests { answers.append(table.reserve(reservation, bundle, lease: lease)) }
            return answers
        }
    }

    func settle(_ settlements: [(reservation: Bytes32, cost: Amount)]) async throws -> [Bool] {
        settlements.map { settle($0.reservation, cost: $0.cost, reason: nil) }
    }

    func settle(_ reservation: Bytes32, cost: Amount, because reason: String) async throws -> Bool {
        settle(reservation, cost: cost, reason: reason)
    }

    private func settle(_ id: Bytes32, cost: Amount, reason: String?) -> Bool {
        let now = store.time.now()
        return store.withBookedMeters { table, entries in
            guard let settled = table.settle(id, cost: cost) else { return false }
            guard settled.isOfBundle || reason != nil else { return true }
            let taken = settled.isOfBundle ? cost : .zero
            if let entry = LedgerEntry.debit(of: taken, for: settled.reservation, because: reason, at: now) {
                entries.append(entry)
            }
            return true
        }
    }

    func extend(_ reservations: [Bytes32], until lease: WallTime) async throws {
        store.withMeters { table in
            for id in reservations { table.extend(id, until: lease) }
        }
    }

    func keep(_ response: MeteredUsage.Response, of reservation: Bytes32, until lease: WallTime) async throws {
        store.withMeters { $0.keep(response, of: reservation, until: lease) }
    }

    func takeOver(at time: WallTime, until lease: WallTime, limit: Int) async throws -> [(
        reservation: MeterReservation, response: MeteredUsage.Response?
    )] {
        store.withMeters { $0.takeOver(at: time, until: lease, limit: limit) }
    }

    func balance(of payment: PaymentHash) async throws -> MeterBalance? {
        store.withMeters { $0.balance(of: payment) }
    }
}
