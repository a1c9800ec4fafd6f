/// The part of a store that keeps what is metered: the balances of bundles, and what is reserved for requests. All of it may
/// be called from any task.
///
/// Each call is one transaction: any number of callers in any number of processes see one order of them, and the end of a
/// process takes none of them back. Each is on disk before it returns, but for reservations from bundles: those a failure of
/// the power may take back until the next transaction is on disk. What fails has changed nothing. A bundle is never forgotten:
/// like the claim of a payment, it is what keeps the payment from buying twice.
public protocol MeterLedger: Sendable {
    /// Writes reservations down, one after the other. Where one has a bundle, so much of what is left is set aside for it,
    /// and no more: what a request costs beyond that is taken when it is settled.
    ///
    /// - Parameters:
    ///   - requests: what is to be reserved, and from which bundle; `nil` where the meter keeps the account itself.
    ///   - lease: until when the caller looks after them (``extend(_:until:)``).
    /// - Returns: one for each.
    func reserve(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime
    ) async throws -> [MeterReserving]

    /// The same without a task, for whom each change of threads keeps waiting. By default a task does it.
    ///
    /// - Parameters:
    ///   - requests: as for ``reserve(_:lease:)``.
    ///   - lease: as there.
    ///   - answer: called once, from any thread, and not before this returns.
    func beginReserving(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime,
        then answer: @escaping @Sendable (Result<[MeterReserving], any Error>) -> Void
    )

    /// Ends reservations: what was set aside is free again, and the bundle has spent `cost`, also where that is more than was
    /// left.
    ///
    /// - Returns: one for each: true for exactly one of any number of callers.
    func settle(_ settlements: [(reservation: Bytes32, cost: Amount)]) async throws -> [Bool]

    /// Ends one by a rule, since its meter cannot say what it has cost. By default no reason is kept.
    ///
    /// - Parameters:
    ///   - reservation: its id.
    ///   - cost: of the bundle, where it is from one.
    ///   - reason: stands in the books, whatever it costs; one line.
    /// - Returns: as ``settle(_:)``.
    func settle(_ reservation: Bytes32, cost: Amount, because reason: String) async throws -> Bool

    /// The caller goes on looking after them.
    func extend(_ reservations: [Bytes32], until lease: WallTime) async throws

    /// Keeps what is to be reported of a reservation that cannot be settled now.
    ///
    /// - Parameters:
    ///   - response: what was seen of its response.
    ///   - reservation: its id.
    ///   - lease: when it is tried again.
    func keep(_ response: MeteredUsage.Response, of reservation: Bytes32, until lease: WallTime) async throws

    /// Takes over reservations that nobody looks after any more, the oldest first: each is told to one caller, until `lease`.
    ///
    /// - Returns: with each what was kept of it; `nil` when its process has left nothing.
    func takeOver(at time: WallTime, until lease: WallTime, limit: Int) async throws -> [(
        reservation: MeterReservation, response: MeteredUsage.Response?
    )]

    /// `nil` when nothing was drawn from it yet.
    func balance(of payment: PaymentHash) async throws -> MeterBalance?
}

extension MeterLedger {
    public func beginReserving(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime,
        then answer: @escaping @Sendable (Result<[MeterReserving], any Error>) -> Void
    ) {
        Task {
            do {
                answer(.success(try await self.reserve(requests, lease: lease)))
            } catch {
                answer(.failure(error))
            }
        }
    }

    public func settle(_ reservation: Bytes32, cost: Amount, because reason: String) async throws -> Bool {
        try await settle([(reservation: reservation, cost: cost)]).first ?? false
    }
}

/// What became of a reservation that was asked for.
public enum MeterReserving: Sendable, Hashable {
    case reserved
    /// What is left is set aside for requests that are under way.
    case busy
    /// Nothing is left.
    case exhausted
}

/// What is left of a bundle.
public struct MeterBalance: Sendable, Hashable {
    public let capacity: Amount
    /// May be more than the capacity, by what the last request has cost beyond what was set aside for it.
    public let spent: Amount
    /// Set aside for requests that are under way; with `spent` never more than the capacity, when it is set aside.
    public let reserved: Amount

    public init(capacity: Amount, spent: Amount = .zero, reserved: Amount = .zero) {
        self.capacity = capacity
        self.spent = spent
        self.reserved = reserved
    }

    /// What nobody has spent.
    public var left: Amount { capacity.subtracting(spent) ?? .zero }

    /// What is to be set aside of it for a request that may cost so much; `nil` when there is nothing.
    package func reservable(_ amount: Amount) -> Amount? {
        guard let free = left.subtracting(reserved), free > .zero else { return nil }
        return min(free, amount)
    }

    package func reserving(_ amount: Amount) -> MeterBalance {
        MeterBalance(capacity: capacity, spent: spent, reserved: reserved.adding(amount) ?? .maximum)
    }

    package func settling(_ amount: Amount, cost: Amount) -> MeterBalance {
        MeterBalance(
            capacity: capacity,
            spent: min(spent.adding(cost) ?? .maximum, .maximum),
            reserved: reserved.subtracting(amount) ?? .zero
        )
    }
}

/// The ledger of a store that keeps nothing that is metered.
struct NoMeterLedger: MeterLedger {
    private var failure: StoreFailure { StoreFailure("this store keeps nothing that is metered") }

    func reserve(
        _ requests: [(reservation: MeterReservation, bundle: MeterBundle?)],
        lease: WallTime
    ) async throws -> [MeterReserving] { throw failure }
    func settle(_ settlements: [(reservation: Bytes32, cost: Amount)]) async throws -> [Bool] { throw failure }
    func extend(_ reservations: [Bytes32], until lease: WallTime) async throws { throw failure }
    func keep(_ response: MeteredUsage.Response, of reservation: Bytes32, until lease: WallTime) async throws {
        throw failure
    }
    func takeOver(at time: WallTime, until lease: WallTime, limit: Int) async throws -> [(
        reservation: MeterReservation, response: MeteredUsage.Response?
    )] { throw failure }
    func balance(of payment: PaymentHash) async throws -> MeterBalance? { throw failure }
}
