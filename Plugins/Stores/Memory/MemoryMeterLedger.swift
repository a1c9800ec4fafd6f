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
        let now = store.time.now()
        return store.withBookedMeters { table, entries in
            var answers = [Bool]()
            for (id, cost) in settlements {
                let settled = table.settle(id, cost: cost)
                answers.append(settled != nil)
                guard let settled, settled.isOfBundle else { continue }
                if let entry = LedgerEntry.debit(of: cost, for: settled.reservation, at: now) { entries.append(entry) }
            }
            return answers
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
