package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOHTTP1

/// A Core Lightning node, by its plugin clnrest and a rune.
package final class CoreLightning: LightningBackend, Plugin {
    package static let word = "cln"

    package let capabilities: LightningCapabilities
    private let client: NodeClient
    private let rune: Rune?
    private let reader: InvoiceReader
    private let answers = CoreLightningAnswers()

    /// How long the node holds a question open whose answer is the next payment.
    private static let holding = Duration.seconds(25)
    /// Its own limit for descriptions, in bytes (BOLT 11: what fits into a field).
    private static let longestMemo = Bolt11Field.longestBytes
    /// Without which it is not followed, and with which it pays.
    private static let receiving = ["invoice", "listinvoices", "waitanyinvoice"]
    private static let paying = ["xpay", "listpays"]

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        let common = NodeSettings(from: &settings, usual: .onThisMachine(port: 3010, isSecure: true))
        let rune = settings.secret("rune")
        if let rune, rune.text.isEmpty || !rune.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            settings.note(settings.error(at: "rune", "should be a rune, as createrune of Core Lightning prints it"))
        }
        self.init(common, rune: rune ?? Secret(""))
    }

    package init(_ settings: NodeSettings, rune: Secret) {
        client = NodeClient(settings, name: "Core Lightning", fields: [("Rune", rune)])
        reader = InvoiceReader(network: settings.network)
        let rights = Rune(rune.text)
        self.rune = rights
        let canPay = Self.paying.allSatisfy { rights?.mayPermit($0) ?? true }
        capabilities = canPay ? [.subscribe, .refund] : [.subscribe]
    }

    /// Connects to nobody yet.
    package func start() async throws {
        client.start()
    }

    package func stop() async {
        await client.stop()
    }

    private func answer(
        _ method: String,
        _ message: some Encodable & Sendable,
        patience: Duration = .zero
    ) async throws -> NodeAnswer {
        try await client.answer(.POST, "/v1/\(method)", .message(message, isSnakeCase: true), patience: patience)
    }

    // MARK: Invoices

    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        guard amount > .zero, amount <= .maximum else {
            throw LightningFailure(.refused, "an invoice asks for more than nothing, and less than all bitcoin")
        }
        let request = CoreLightningMessage.InvoiceRequest(
            amountMsat: amount.millisatoshis,
            label: "sluice-\(Bytes32.random().hex.prefix(32))",
            description: memo.prefix(bytes: Self.longestMemo),
            expiry: max(1, expiresIn.secondsRoundedUp)
        )
        return try answers.invoice(in: try await answer("invoice", request), reader)
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try await invoiceState(payment) == .settled
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        let question = CoreLightningMessage.PaymentQuestion(paymentHash: "\(payment)")
        return try answers.state(of: payment, in: try await answer("listinvoices", question))
    }

    package func read(_ bolt11: String) throws -> PayableInvoice { try reader.read(bolt11) }

    // MARK: Settlements

    package func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        stream(since: cursor, of: nil)
    }

    package func settlements(
        behind cursor: SettlementCursor,
        of payment: PaymentHash
    ) -> AsyncThrowingStream<Settlement, any Error> {
        stream(since: cursor, of: payment)
    }

    private struct Told {
        let position: UInt64
        /// `nil` where it is not known.
        let payment: PaymentHash?
    }

    private func stream(
        since cursor: SettlementCursor?,
        of payment: PaymentHash?
    ) -> AsyncThrowingStream<Settlement, any Error> {
        // The last payment that was told; `nil` until it is known where the node stands.
        let told = NIOLockedValueBox<Told?>(cursor.map { Told(position: $0.position, payment: payment) })
        let isToCheck = NIOLockedValueBox(payment != nil)
        return AsyncThrowingStream(unfolding: { [self] in
            while true {
                try Task.checkCancellation()
                guard let last = told.withLockedValue({ $0 }) else {
                    let end = try await settlementsEnd().position
                    told.withLockedValue { $0 = Told(position: end, payment: nil) }
                    continue
                }
                if isToCheck.withLockedValue({ $0 }) {
                    try await check(last.payment, at: last.position)
                    isToCheck.withLockedValue { $0 = false }
                }
                if let settlement = try await settlement(after: last.position, within: Self.holding) {
                    told.withLockedValue {
                        $0 = Told(position: settlement.cursor.position, payment: settlement.payment)
                    }
                    return settlement
                }
                // Nothing has arrived, or nothing of such a number.
                isToCheck.withLockedValue { $0 = true }
            }
        })
    }

    /// A node that counts from the start again would be asked for payments behind a number that it does not reach.
    ///
    /// - Parameter payment: the one of that number; `nil` where it is not known.
    /// - Throws: `SettlementsBeganAnew` where the node is not the one that told of it.
    private func check(_ payment: PaymentHash?, at position: UInt64) async throws {
        guard position > 0 else { return }
        if let payment {
            let question = CoreLightningMessage.PaymentQuestion(paymentHash: "\(payment)")
            let number = try answers.number(of: payment, in: try await answer("listinvoices", question))
            if number == position { return }
            guard number == nil else { throw SettlementsBeganAnew() }
        } else if try await settlement(after: position - 1, within: .zero)?.cursor.position == position {
            return
        }
        // One that forgets what is old (autoclean) forgets all from before it, too. Where nothing at all is left, nothing is
        // told twice.
        let first = try await settlement(after: 0, within: .zero)
        guard let first, first.cursor.position > position else { throw SettlementsBeganAnew() }
    }

    /// The next payment after this one; waits for it so long.
    private func settlement(after position: UInt64, within holding: Duration) async throws -> Settlement? {
        let question = CoreLightningMessage.Waiting(lastpayIndex: position, timeout: holding.components.seconds)
        let answer = try await answer("waitanyinvoice", question, patience: holding)
        return try answers.settlement(after: position, in: answer)
    }

    /// The last payment there is. Core Lightning does not tell its number, but whether there is one behind a number: steps
    /// that double, and then halves, so that a node with a million payments is asked forty times.
    package func settlementsEnd() async throws -> SettlementCursor {
        var last: UInt64 = 0
        var step: UInt64 = 1
        // Behind this number there is none.
        var end: UInt64?
        while end.map({ last < $0 }) ?? true {
            let probe = end.map { last + ($0 - last) / 2 } ?? last + step
            if let next = try await settlement(after: probe, within: .zero) {
                last = next.cursor.position
                if step < 1 << 62 { step *= 2 }
            } else if probe == last {
                return SettlementCursor(position: last)
            } else {
                end = probe
            }
            guard last < 1 << 62 else {
                throw LightningFailure(.malformed, "Core Lightning answered with a payment of an absurd number")
            }
        }
        return SettlementCursor(position: last)
    }

    // MARK: Paying

    package func pay(
        _ bolt11: String,
        amount: Amount?,
        feeLimit: Amount,
        patience: Duration
    ) async throws -> Payment {
        guard capabilities.contains(.refund) else {
            throw LightningFailure(.refused, "the rune does not allow 'xpay' and 'listpays'")
        }
        let invoice = try reader.read(bolt11)
        guard let paid = invoice.amount ?? amount, paid > .zero, amount == nil || invoice.amount == nil else {
            throw LightningFailure(.refused, "the amount should be the invoice's, or chosen where it has none")
        }
        guard try await payment(invoice.payment) == .unpaid else {
            throw LightningFailure(.refused, "the invoice is paid already, or its payment is under way")
        }
        let request = CoreLightningMessage.PayRequest(
            invstring: bolt11,
            amountMsat: invoice.amount == nil ? paid.millisatoshis : nil,
            maxfee: feeLimit.millisatoshis,
            retryFor: max(1, patience.secondsRoundedUp)
        )
        let answer = try await answer("xpay", request, patience: patience)
        if let payment = try answers.paid(invoice.payment, in: answer) { return payment }
        // A part may still be on its way when xpay has given up.
        let failure = answers.failure(in: answer)
        switch try await payment(invoice.payment) {
        case .unpaid: throw failure
        case .underWay, .paid: throw LightningFailure(.unavailable, failure.description)
        }
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        let question = CoreLightningMessage.PaymentQuestion(paymentHash: "\(payment)")
        return try answers.payment(payment, in: try await answer("listpays", question))
    }

    // MARK: Findings

    /// What the rune says of itself: the node is asked nothing.
    package func findings() async -> [String] {
        guard let rune else { return ["the rune has a form that is not known here: what it allows is not known"] }
        let missing = Self.receiving.filter { !rune.mayPermit($0) }
        var findings = [String]()
        if !missing.isEmpty {
            findings.append("the rune does not allow \(missing.joined(separator: ", ")), which the gateway asks")
        }
        // Nothing of these is ever asked.
        let wide = ["withdraw", "createrune", "close"].filter { rune.mayPermit($0) }
        if !wide.isEmpty {
            findings.append(
                "the rune allows more than is needed, \(wide.joined(separator: ", ")) among it: whoever reads it can empty the"
                    + " node; make one for \((Self.receiving + Self.paying).joined(separator: ", ")) alone"
            )
        }
        return findings
    }
}
