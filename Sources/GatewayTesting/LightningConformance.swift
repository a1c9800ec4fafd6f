public import GatewayKit

/// What every Lightning backend must do, as checks that its tests run.
///
/// Each check makes its own invoices, so they may share a backend that lives. The backend must be started, and must
/// not be paid by anybody else while a check runs.
public struct LightningConformance: Sendable {
    private let backend: any LightningBackend
    private let time: TimeSource
    private let pay: @Sendable (Invoice) async throws -> Void

    /// - Parameters:
    ///   - time: the clock of the backend; invoices are checked against it to the minute.
    ///   - pay: pays an invoice of the backend, from wherever it takes the money, and throws when that was refused.
    public init(
        of backend: any LightningBackend,
        time: TimeSource = .system,
        pay: @escaping @Sendable (Invoice) async throws -> Void
    ) {
        self.backend = backend
        self.time = time
        self.pay = pay
    }

    /// All checks, one after the other; ends at the first that fails.
    public func checkAll() async throws {
        try await checkInvoice()
        try await checkDistinctHashes()
        try await checkRefusedAmounts()
        try await checkSettling()
        try await checkUnknownPayment()
        try await checkPayingTwice()
        try await checkReading()
        try await checkSettlementsArriveOnce()
        try await checkSettlementsResume()
    }

    /// An invoice asks for the amount, rounded up to a satoshi at the most, and expires when it was told to.
    public func checkInvoice() async throws {
        for millisatoshis: UInt64 in [1_000, 1_500, 10_000, 123_456_000] {
            let amount = Amount(millisatoshis: millisatoshis)
            let invoice = try await backend.makeInvoice(for: amount, memo: "conformance", expiresIn: .seconds(600))
            let highest = amount.satoshisRoundedUp * 1_000
            try require(
                invoice.amount >= amount && invoice.amount.millisatoshis <= highest,
                "an invoice for \(amount) should ask for that, not for \(invoice.amount)"
            )
            try require(
                invoice.bolt11.hasPrefix("ln") && invoice.bolt11 == invoice.bolt11.lowercased(),
                "an invoice should be BOLT 11 in lower case, not '\(invoice.bolt11)'"
            )
            let expected = time.now().advanced(by: .seconds(600)).milliseconds
            try require(
                abs(invoice.expiresAt.milliseconds - expected) <= 60_000,
                "an invoice for 600s should expire then, not \(invoice.expiresAt.milliseconds - expected) ms later"
            )
        }
    }

    /// No two invoices share a payment hash, made one after the other or at once.
    public func checkDistinctHashes() async throws {
        let hashes = try await withThrowingTaskGroup(of: PaymentHash.self) { group in
            for _ in 0..<16 {
                group.addTask { try await invoice().paymentHash }
            }
            return try await group.reduce(into: Set<PaymentHash>()) { $0.insert($1) }
        }
        try require(hashes.count == 16, "16 invoices should have 16 payment hashes, not \(hashes.count)")
    }

    /// There is no invoice for nothing, nor for more bitcoin than exists.
    public func checkRefusedAmounts() async throws {
        for amount in [.zero, Amount(millisatoshis: .max)] {
            try await requireFailure("an invoice for \(amount.millisatoshis) msat should be refused") {
                _ = try await backend.makeInvoice(for: amount, memo: "conformance", expiresIn: .seconds(600))
            }
        }
    }

    /// An invoice is settled once it is paid, and not before.
    public func checkSettling() async throws {
        let paid = try await invoice()
        let open = try await invoice()
        try require(
            try await !backend.isSettled(paid.paymentHash),
            "an invoice should not be settled before its payment"
        )
        try await pay(paid)
        try require(try await backend.isSettled(paid.paymentHash), "an invoice should be settled after its payment")
        try require(try await !backend.isSettled(open.paymentHash), "paying one invoice should not settle another")
    }

    /// A payment that nobody asked for is not settled, and asking about it is no error.
    public func checkUnknownPayment() async throws {
        try require(
            try await !backend.isSettled(PaymentHash(.random())),
            "a payment that the backend does not know should not be settled"
        )
    }

    /// An invoice is paid once: of several payers at once one gets through, and none after it.
    public func checkPayingTwice() async throws {
        let invoice = try await invoice()
        let paid = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    do {
                        try await pay(invoice)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        try require(paid == 1, "of four payers of one invoice exactly one should get through, not \(paid)")
        try await requireFailure("an invoice that is paid should not be paid again") { try await pay(invoice) }
    }

    /// An invoice can be read, and what is none is refused; a payment that was never begun is unpaid.
    public func checkReading() async throws {
        let invoice = try await invoice()
        let read = try backend.read(invoice.bolt11)
        try require(
            read.payment == invoice.paymentHash && read.amount == invoice.amount
                && abs(read.expiresAt.milliseconds - invoice.expiresAt.milliseconds) < 1_000,
            "an invoice should be read as it was made, not as \(read)"
        )
        for text in ["", "lnbcrt1", String(invoice.bolt11.dropLast())] {
            try await requireFailure("'\(text)' should be refused") { _ = try backend.read(text) }
        }
        let state = try await backend.payment(PaymentHash(.random()))
        try require(state == .unpaid, "a payment that the backend never began should be unpaid, not \(state)")
    }

    /// A stream of settlements has each payment exactly once, in an order that its cursors tell.
    public func checkSettlementsArriveOnce() async throws {
        let stream = backend.settlements(since: nil)
        var invoices = [Invoice]()
        for _ in 0..<3 {
            let invoice = try await invoice()
            try await pay(invoice)
            invoices.append(invoice)
        }
        let settlements = try await first(3, of: stream)
        try require(
            settlements.map(\.payment) == invoices.map(\.paymentHash),
            "the stream should have the three payments, each once and in their order"
        )
        try require(
            zip(settlements, invoices).allSatisfy { $0.amount >= $1.amount },
            "a settlement should have the amount that was paid"
        )
        try require(Set(settlements.map(\.cursor)).count == 3, "each settlement should have a cursor of its own")
    }

    /// A stream that begins at a cursor has what came after it and nothing that came before, and then goes on.
    public func checkSettlementsResume() async throws {
        let live = backend.settlements(since: nil)
        let before = try await invoice()
        let missed = try await invoice()
        try await pay(before)
        try await pay(missed)
        guard let cursor = try await first(1, of: live).first?.cursor else {
            throw ConformanceFailure("the stream ended before its first settlement")
        }
        let resumed = backend.settlements(since: cursor)
        let later = try await invoice()
        try await pay(later)
        let settlements = try await first(2, of: resumed)
        try require(
            settlements.map(\.payment) == [missed.paymentHash, later.paymentHash],
            "a stream that begins at a cursor should have the payment after it and then the next one"
        )
    }

    private func invoice() async throws -> Invoice {
        try await backend.makeInvoice(for: Amount(millisatoshis: 10_000), memo: "conformance", expiresIn: .seconds(600))
    }

    private func first(
        _ count: Int,
        of stream: AsyncThrowingStream<Settlement, any Error>
    ) async throws -> [Settlement] {
        var settlements = [Settlement]()
        for try await settlement in stream {
            settlements.append(settlement)
            if settlements.count == count { break }
        }
        try require(
            settlements.count == count,
            "the stream of settlements ended after \(settlements.count) of \(count)"
        )
        return settlements
    }

    private func require(_ condition: Bool, _ description: String) throws {
        guard condition else { throw ConformanceFailure(description) }
    }

    private func requireFailure(_ description: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            return
        }
        throw ConformanceFailure(description)
    }
}
