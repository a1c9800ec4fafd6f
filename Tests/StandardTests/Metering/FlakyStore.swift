import GatewayKit
import GatewayTesting

/// A store that does not answer now and then, before it has done what it was asked, or after.
struct FlakyStore: ForwardingStore {
    let base: any Store
    let fails: @Sendable () -> Bool

    var meters: any MeterLedger { FlakyLedger(base: base.meters, fails: fails) }
    func start() async throws { try await base.start() }
    func stop() async { await base.stop() }
}

private struct FlakyLedger: MeterLedger {
    let base: any MeterLedger
    let fails: @Sendable () -> Bool

    private func perhaps<Value>(_ work: () async throws -> Value) async throws -> Value {
        if fails() { throw StoreFailure("down") }
        return try await work()
    }

    func reserve(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime
    ) async throws -> [MeterReserving] {
        let answers = try await perhaps { try await base.reserve(requests, lease: lease) }
        // Written, and nobody knows.
        if fails() { throw StoreFailure("down") }
        return answers
    }
    func settle(_ settlements: [(reservation: Bytes32, cost: Amount)]) async throws -> [Bool] {
        try await perhaps { try await base.settle(settlements) }
    }
    func extend(_ reservations: [Bytes32], until lease: WallTime) async throws {
        try await perhaps { try await base.extend(reservations, until: lease) }
    }
    func keep(_ response: MeteredUsage.Response, of reservation: Bytes32, until lease: WallTime) async throws {
        try await perhaps { try await base.keep(response, of: reservation, until: lease) }
    }
    func takeOver(at time: WallTime, until lease: WallTime, limit: Int) async throws -> [(
        reservation: MeterReservation, response: MeteredUsage.Response?
    )] {
        try await perhaps { try await base.takeOver(at: time, until: lease, limit: limit) }
    }
    func balance(of payment: PaymentHash) async throws -> MeterBalance? { try await base.balance(of: payment) }
}
