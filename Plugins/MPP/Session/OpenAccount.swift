internal import GatewayKit
internal import Logging

/// The account of a session that an exchange was let through with.
struct OpenAccount: SessionAccount {
    let session: PaymentHash
    let price: Amount
    let reservedUnits: Int64 = 1
    let challengeID: String
    let book: SessionBook

    func debit(units: Int64) async throws -> SessionDebit {
        guard let amount = amount(of: units) else { return .insufficient(try await balance(), required: .maximum) }
        // Its rest is being counted.
        guard !book.isEnding(session) else { return .closed }
        let taking = SessionTaking(session: session, amount: amount, time: book.time.now())
        switch try await book.take(taking) {
        case .done(let kept): return .taken(SessionBalance(kept))
        case .insufficient(let kept): return .insufficient(SessionBalance(kept), required: amount)
        default: return .closed
        }
    }

    private func amount(of units: Int64) -> Amount? {
        guard units > 0 else { return units == 0 ? .zero : nil }
        let (product, overflow) = price.millisatoshis.multipliedReportingOverflow(by: UInt64(units))
        return overflow ? nil : Amount(millisatoshis: product)
    }

    private func balance() async throws -> SessionBalance {
        try await book.ledger.session(session).map(SessionBalance.init) ?? SessionBalance(deposit: .zero, spent: .zero)
    }

    func giveBack(units: Int64) async {
        guard let amount = amount(of: units), amount > .zero else { return }
        await book.giveBack(amount, to: session).value
    }

    func balanceChange(after balance: SessionBalance) async throws {
        try await book.change(of: session, after: balance)
    }

    func end() async {
        do {
            try await book.end(session, .timeout)
        } catch {
            // It ends as soon as it is idle.
            book.logger.error("cannot end a session", metadata: ["session": "\(session)", "reason": "\(error)"])
        }
    }

    func beginStream(_ giveBackAhead: @escaping @Sendable () async -> Void) -> Int {
        book.beginStream(of: session, giveBackAhead)
    }

    func endStream(_ number: Int) { book.endStream(number, of: session) }

    func receipt(spent: Amount, units: Int64) -> String {
        let receipt = PaymentReceipt(
            method: MPPScheme.method,
            reference: session.description,
            at: book.time.now(),
            challengeID: challengeID,
            members: [.init("spent", spent.satoshis), .init("units", .number(Double(units)))]
        )
        return receipt.value.canonical
    }

    func shortage(spent: Amount, required: Amount) -> String {
        JSONValue.object([
            .init("sessionId", .string(session.description)), .init("balanceSpent", spent.satoshis),
            .init("balanceRequired", required.satoshis),
        ]).canonical
    }
}

extension Amount {
    /// As the session draft writes amounts in receipts, events and bodies.
    var satoshis: JSONValue { .number(Double(satoshisRoundedUp)) }
}
