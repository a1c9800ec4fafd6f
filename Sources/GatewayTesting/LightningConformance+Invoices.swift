internal import GatewayKit

extension LightningConformance {
    /// An invoice asks for the amount, rounded up to a satoshi at the most, and expires when it was told to.
    func invoicesAskForTheAmount() async throws {
        for millisatoshis: UInt64 in [1_000, 1_500, 10_000, 123_456_000] {
            let amount = Amount(millisatoshis: millisatoshis)
            let invoice = try await backend.makeInvoice(for: amount, memo: Self.memo, expiresIn: .seconds(600))
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

    /// What it makes is what the gateway gives out.
    func invoicesPassTheCheck() async throws {
        let check = InvoiceCheck(time: time)
        for _ in 0..<4 {
            let invoice = try await check.invoice(
                of: backend,
                for: Self.tenSatoshis,
                memo: Self.memo,
                expiresIn: .seconds(600)
            )
            let state = try await backend.invoiceState(invoice.paymentHash)
            try require(state == .open, "an invoice should be open before its payment, not \(state)")
        }
    }

    /// No two invoices share a payment hash, made one after the other or at once.
    func hashesAreDistinct() async throws {
        let hashes = try await withThrowingTaskGroup(of: PaymentHash.self) { group in
            for _ in 0..<16 {
                group.addTask { try await invoice().paymentHash }
            }
            return try await group.reduce(into: Set<PaymentHash>()) { $0.insert($1) }
        }
        try require(hashes.count == 16, "16 invoices should have 16 payment hashes, not \(hashes.count)")
    }

    /// There is no invoice for nothing, nor for more bitcoin than exists.
    func amountsAreRefused() async throws {
        for amount in [.zero, Amount(millisatoshis: .max)] {
            try await requireRefusal("an invoice for \(amount.millisatoshis) msat should be refused") {
                _ = try await backend.makeInvoice(for: amount, memo: Self.memo, expiresIn: .seconds(600))
            }
        }
    }

    /// An invoice can be read, and what is none is refused; a payment that was never begun is unpaid.
    func invoicesAreRead() async throws {
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
    }

    /// An invoice is settled once it is paid, and not before.
    func settlingIsSeen() async throws {
        let paid = try await invoice()
        let open = try await invoice()
        try require(
            try await !backend.isSettled(paid.paymentHash),
            "an invoice should not be settled before its payment"
        )
        try await pay(paid)
        try require(try await isSettledSoon(paid.paymentHash), "an invoice should be settled after its payment")
        let state = try await backend.invoiceState(paid.paymentHash)
        try require(state == .settled, "the state of an invoice that is paid should be settled, not \(state)")
        try require(try await !backend.isSettled(open.paymentHash), "paying one invoice should not settle another")
    }

    /// A payment that nobody asked for is not settled, and asking about it is no error.
    func unknownPaymentsAreOpen() async throws {
        try await backend.probe()
        let unknown = PaymentHash(.random())
        try require(
            try await !backend.isSettled(unknown),
            "a payment that the backend does not know should not be settled"
        )
        let state = try await backend.invoiceState(unknown)
        try require(state == .open || state == .ended, "nor should its state be \(state)")
    }

    /// An invoice is paid once: of several payers at once one gets through, and none after it.
    func invoicesArePaidOnce() async throws {
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

    // MARK: Refunds

    /// What it pays is paid once, and known afterwards; what it never began is unpaid.
    func refundsArePaidOnce() async throws {
        guard backend.capabilities.contains(.refund) else {
            let own = try await invoice()
            return try await requireRefusal("a backend that does not pay should say so") {
                _ = try await backend.pay(own.bolt11, feeLimit: .zero)
            }
        }
        let state = try await backend.payment(PaymentHash(.random()))
        try require(state == .unpaid, "a payment that the backend never began should be unpaid, not \(state)")
        guard let foreignInvoice else { return }
        let bolt11 = try await foreignInvoice(Self.tenSatoshis)
        let invoice = try backend.read(bolt11)
        let before = try await backend.payment(invoice.payment)
        try require(before == .unpaid, "an invoice that was not paid yet should be unpaid, not \(before)")
        let payment = try await backend.pay(bolt11, feeLimit: Self.tenSatoshis)
        try require(payment.amount == Self.tenSatoshis, "10 sat should be paid, not \(payment.amount)")
        try require(payment.fee <= Self.tenSatoshis, "the fee should keep to its limit, not be \(payment.fee)")
        let after = try await backend.payment(invoice.payment)
        try require(after == .paid(payment), "what was paid should be known as that, not as \(after)")
        try await requireRefusal("what is paid should not be paid again") {
            _ = try await backend.pay(bolt11, feeLimit: Self.tenSatoshis)
        }
    }
}
