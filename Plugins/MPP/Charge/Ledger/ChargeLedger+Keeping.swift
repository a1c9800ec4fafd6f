package import GatewayKit
package import Logging

// Attempts that may take longer than others wait for them.
extension ChargeLedger {
    /// How long before its end a claim that is kept is extended.
    package static let margin = Duration.seconds(30)

    /// Has the claim stay this attempt's until that ends, however long it takes: as long as the process lives, reaches its
    /// store, and calls `extendKept` more often than `margin`.
    package func keep(_ charge: TakenCharge) {
        guard case .taken(_, let until) = ChargeEntry(purpose: charge.purpose) else { return }
        attempts.keep(charge, until: until)
    }

    /// Extends the claims that are kept and end soon.
    package func extendKept(logger: Logger) async {
        for charge in attempts.kept(endingBefore: time.now().advanced(by: Self.margin)) {
            do {
                // One that is lost is found to be so before anything is taken for it.
                _ = try await extend(charge)
            } catch {
                logger.warning(
                    "cannot keep a payment for a request that goes on",
                    metadata: ["payment": "\(charge.payment)", "reason": "\(error)"]
                )
            }
        }
    }

    /// True when the claim is this attempt's for some time to come, in which nobody else takes it over or gives it back.
    /// Asks the store only where that is not known.
    ///
    /// - Throws: `StoreFailure` when that cannot be known.
    package func secures(_ charge: TakenCharge) async throws -> Bool {
        let enough = time.now().advanced(by: Self.margin / 2)
        if let end = attempts.end(ofKept: charge.attempt), end > enough { return true }
        return try await extend(charge)
    }

    /// - Returns: false when the claim is not this attempt's any more.
    private func extend(_ charge: TakenCharge) async throws -> Bool {
        let until = time.now().advanced(by: Self.patience)
        guard let purpose = ChargeEntry.taken(by: charge.attempt, until: until).purpose,
            try await move(charge, to: purpose)
        else { return false }
        attempts.keep(
            TakenCharge(payment: charge.payment, attempt: charge.attempt, purpose: purpose),
            until: until
        )
        return true
    }

    /// True when an answer that the payment bought went out, or may have.
    package func isServed(_ payment: PaymentHash) async throws -> Bool {
        guard let found = try await store.purpose(of: payment) else { return false }
        if case .served = ChargeEntry(purpose: found) { return true }
        return false
    }
}
