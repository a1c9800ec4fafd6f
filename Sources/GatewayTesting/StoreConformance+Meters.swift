internal import GatewayKit

extension StoreConformance {
    static func reservation(
        of payment: PaymentHash,
        _ reserved: UInt64,
        form: MeterAccount.Form = .token
    ) -> MeterReservation {
        MeterReservation(
            meter: "a meter 'with' \"marks\"; --",
            account: MeterAccount(form: form, id: .random(), payment: payment, taken: sats(3)),
            reserved: reserved,
            note: [0, 1, 255],
            service: "sérvice",
            path: "/v1/ä",
            madeAt: start,
            route: "röute",
            credential: CredentialID(.random())
        )
    }

    /// A lease that is over before all others that a check on the same database looks for.
    private static var ended: WallTime { start.advanced(by: .seconds(-1)) }

    private static var response: MeteredUsage.Response {
        var response = MeteredUsage.Response()
        response.status = 200
        response.contentType = "application/json"
        response.isComplete = true
        response.byteCount = 70_000
        response.head = [1, 2, 0]
        response.tail = [0, 255]
        return response
    }

    private func takenOver(
        _ store: any Store,
        of wanted: Set<Bytes32>,
        until lease: WallTime = start
    ) async throws -> [(reservation: MeterReservation, response: MeteredUsage.Response?)] {
        try await store.meters.takeOver(at: Self.ended, until: lease, limit: 10_000)
            .filter { wanted.contains($0.reservation.id) }
    }

    func reservationsRoundTrip(_ store: any Store) async throws {
        for form in MeterAccount.Form.allCases {
            let reservation = Self.reservation(of: Self.payment, .max, form: form)
            let reserved = try await store.meters.reserve([(reservation, nil)], lease: Self.ended)
            try expect(reserved, [.reserved], "what became of a reservation")
            let taken = try await takenOver(store, of: [reservation.id], until: Self.ended)
            try expect(taken.map(\.reservation), [reservation], "a reservation that was taken over")
            try expect(taken.map(\.response), [nil], "what was kept of it")
            try await store.meters.keep(Self.response, of: reservation.id, until: Self.ended)
            let kept = try await takenOver(store, of: [reservation.id])
            try expect(kept.map(\.response), [Self.response], "what was kept of it")
            try expect(try await store.meters.balance(of: reservation.account.payment), nil, "the balance of no bundle")
        }
    }

    func bundlesAreNeverPromisedTwice(_ store: any Store) async throws {
        let payment = Self.payment
        let bundle = MeterBundle(capacity: Self.sats(10))
        let answers = try await withThrowingTaskGroup(of: [MeterReserving].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let requests = (0..<2).map { _ in (Self.reservation(of: payment, 3_000), Optional(bundle)) }
                    return try await store.meters.reserve(requests, lease: Self.start)
                }
            }
            return try await group.reduce(into: [MeterReserving]()) { $0 += $1 }
        }
        try expect(answers.count { $0 == .reserved }, 4, "reservations of 3 sat from 10, the last of what is left")
        try expect(answers.count { $0 == .busy }, 12, "the others")
        try expect(
            try await store.meters.balance(of: payment),
            MeterBalance(capacity: Self.sats(10), reserved: Self.sats(10)),
            "the balance"
        )
    }

    func reservationsAreSettledOnce(_ store: any Store) async throws {
        let payment = Self.payment
        let bundle = MeterBundle(capacity: Self.sats(10))
        let reservation = Self.reservation(of: payment, 4_000)
        _ = try await store.meters.reserve([(reservation, bundle)], lease: Self.start)
        let settled = try await withThrowingTaskGroup(of: [Bool].self) { group in
            for _ in 0..<8 {
                group.addTask { try await store.meters.settle([(reservation.id, Self.sats(7)), (.random(), .zero)]) }
            }
            return try await group.reduce(into: [Bool]()) { $0 += $1 }
        }
        try expect(settled.count { $0 }, 1, "settlements that counted")
        try expect(
            try await store.meters.balance(of: payment),
            MeterBalance(capacity: Self.sats(10), spent: Self.sats(7)),
            "the balance"
        )
        // Later ones cannot make it worth more.
        let richer = MeterBundle(capacity: Self.sats(100))
        let next = Self.reservation(of: payment, 50_000)
        _ = try await store.meters.reserve([(next, richer)], lease: Self.start)
        try expect(
            try await store.meters.balance(of: payment),
            MeterBalance(capacity: Self.sats(10), spent: Self.sats(7), reserved: Self.sats(3)),
            "the balance with what is left set aside"
        )
        try expect(try await store.meters.settle([(next.id, Self.sats(9))]), [true], "a settlement beyond what is left")
        let last = try await store.meters.reserve(
            [(Self.reservation(of: payment, 0), bundle)],
            lease: Self.start
        )
        try expect(last, [.exhausted], "a reservation of a bundle that is spent")
        try expect(
            try await store.meters.balance(of: payment)?.spent,
            Self.sats(16),
            "what was spent in the end"
        )
    }

    func reservationsAreTakenOverOnce(_ store: any Store) async throws {
        let reservations = (0..<6).map { _ in Self.reservation(of: Self.payment, 1) }
        _ = try await store.meters.reserve(reservations.map { ($0, nil) }, lease: Self.ended)
        let (active, settled) = (reservations[0], reservations[1])
        try await store.meters.extend([active.id, .random()], until: Self.start)
        _ = try await store.meters.settle([(settled.id, .zero)])
        let wanted = Set(reservations.map(\.id))
        let taken = try await withThrowingTaskGroup(of: [Bytes32].self) { group in
            for _ in 0..<4 {
                group.addTask { try await takenOver(store, of: wanted).map(\.reservation.id) }
            }
            return try await group.reduce(into: [Bytes32]()) { $0 += $1 }
        }
        try expect(taken.count, 4, "reservations that were taken over")
        try expect(Set(taken), Set(reservations.dropFirst(2).map(\.id)), "which")
    }

    func meterBefore(_ store: any Store) async throws -> MeterReservation {
        let bundle = MeterBundle(capacity: Self.sats(10))
        let reservation = Self.reservation(of: Self.payment, 4_000)
        _ = try await store.meters.reserve([(reservation, bundle)], lease: Self.ended)
        return reservation
    }

    func meterAfter(_ store: any Store, _ reservation: MeterReservation) async throws {
        let taken = try await takenOver(store, of: [reservation.id])
        try expect(taken.map(\.reservation), [reservation], "a reservation of a process that is gone")
        try expect(try await store.meters.settle([(reservation.id, .zero)]), [true], "its settlement")
        try expect(
            try await store.meters.balance(of: reservation.account.payment),
            MeterBalance(capacity: Self.sats(10)),
            "the balance after that"
        )
    }
}
