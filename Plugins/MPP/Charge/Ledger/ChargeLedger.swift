package import GatewayKit
package import Logging

/// Takes payments for charges: each for one attempt to serve at a time, and for one answer for good. See ``ChargeEntry``.
///
/// A write whose outcome the store does not tell is asked for before it counts as failed.
package struct ChargeLedger: Sendable {
    /// How long a process may serve before another one holds it for dead. It may still finish after that, unless the other
    /// was faster.
    package static let patience = Duration.seconds(60)
    /// Others may change a claim between a look and a move so often.
    private static let rounds = 5

    let store: any Store
    let time: TimeSource
    let attempts: ChargeAttempts

    package init(store: any Store, time: TimeSource, attempts: ChargeAttempts) {
        self.store = store
        self.time = time
        self.attempts = attempts
    }

    package enum Taking: Sendable {
        case taken(TakenCharge)
        /// Another process may be serving it.
        case waiting(until: WallTime)
        case used
    }

    /// - Parameters:
    ///   - payment: which.
    ///   - credential: by which, for the books.
    /// - Throws: `StoreFailure`. Then it is not taken for good.
    package func take(_ payment: PaymentHash, by credential: CredentialID? = nil) async throws -> Taking {
        let attempt = attempts.begin()
        do {
            let taking = try await take(payment, for: attempt, by: credential)
            if case .taken = taking { return taking }
            attempts.end(attempt, gaveNothing: false)
            return taking
        } catch {
            // The write may come through later: whoever finds it knows that the attempt has ended.
            attempts.end(attempt, gaveNothing: false)
            throw error
        }
    }

    private func take(
        _ payment: PaymentHash,
        for attempt: ChargeAttempt,
        by credential: CredentialID?
    ) async throws -> Taking {
        let now = time.now()
        let wanted = ChargeEntry.taken(by: attempt, until: now.advanced(by: Self.patience))
        guard let purpose = wanted.purpose else { return .used }
        let taken = Taking.taken(TakenCharge(payment: payment, attempt: attempt, purpose: purpose))
        for _ in 0..<Self.rounds {
            if try await isWritten(
                purpose,
                of: payment,
                by: { try await store.claim(payment, for: purpose, by: credential) == .first }
            ) {
                return taken
            }
            guard let found = try await store.purpose(of: payment) else { continue }
            switch ChargeEntry(purpose: found).step(at: now, knowing: attempts.knowledge) {
            case .refuse: return .used
            case .wait(let until): return .waiting(until: until)
            case .takeOver:
                if try await isWritten(
                    purpose,
                    of: payment,
                    by: { try await store.move(payment, from: found, to: purpose) }
                ) {
                    return taken
                }
            }
        }
        throw StoreFailure("the claim of a payment changed \(Self.rounds) times while it was looked at")
    }

    /// Makes it this attempt's answer that the payment buys: before anything of the answer goes out.
    ///
    /// - Returns: false when another attempt has taken over.
    /// - Throws: `StoreFailure` when that is not known: then nothing may go out, and `release` follows.
    package func serve(_ charge: TakenCharge) async throws -> Bool {
        guard let served = ChargeEntry.served(by: charge.attempt).purpose else { return false }
        return try await move(charge, to: served)
    }

    /// The attempt is over: its answer went out, or begins to.
    package func end(_ charge: TakenCharge) {
        attempts.end(charge.attempt, gaveNothing: false)
    }

    /// The attempt is over and gave nothing, whatever the ledger will say of it. From now on the payment is free for this
    /// process; `release` makes it so for all.
    package func giveUp(_ charge: TakenCharge) {
        attempts.end(charge.attempt, gaveNothing: true)
    }

    /// Gives the payment back, after `giveUp`. Tries for some seconds; where that fails, other processes find the payment
    /// free once the attempt's time is over, unless the ledger says that it was served.
    package func release(_ charge: TakenCharge, logger: Logger) async {
        for pause in [Duration.zero, .milliseconds(400), .milliseconds(1_600), .milliseconds(6_400)] {
            try? await Task.sleep(for: pause)
            if await releaseOnce(charge, logger: logger) { return }
        }
    }

    /// - Returns: false when the store did not do it.
    package func releaseOnce(_ charge: TakenCharge, logger: Logger) async -> Bool {
        giveUp(charge)
        do {
            guard let found = try await store.purpose(of: charge.payment),
                ChargeEntry(purpose: found).attempt == charge.attempt
            else {
                attempts.forget(charge.attempt)
                return true
            }
            guard try await store.release(charge.payment, for: found) else { return false }
            attempts.forget(charge.attempt)
            return true
        } catch {
            logger.error(
                "cannot give back yet a payment that bought nothing",
                metadata: ["payment": "\(charge.payment)", "reason": "\(error)"]
            )
            return false
        }
    }

    /// Moves the claim from what the attempt has taken, also where its time was extended meanwhile.
    ///
    /// - Returns: false when the claim is not this attempt's any more.
    func move(_ charge: TakenCharge, to purpose: String) async throws -> Bool {
        var taken = charge.purpose
        for _ in 0..<Self.rounds {
            if try await isWritten(
                purpose,
                of: charge.payment,
                by: { [taken] in try await store.move(charge.payment, from: taken, to: purpose) }
            ) {
                return true
            }
            guard let found = try await store.purpose(of: charge.payment), found != taken,
                case .taken(let attempt, _) = ChargeEntry(purpose: found), attempt == charge.attempt
            else { return false }
            taken = found
        }
        throw StoreFailure("the claim of a payment changed \(Self.rounds) times while it was moved")
    }

    /// Writes, and asks what became of it where the store does not say.
    private func isWritten(
        _ purpose: String,
        of payment: PaymentHash,
        by write: () async throws -> Bool
    ) async throws -> Bool {
        do {
            return try await write()
        } catch {
            guard try await store.purpose(of: payment) == purpose else { throw error }
            return true
        }
    }
}

/// A payment that an attempt has taken.
package struct TakenCharge: Sendable {
    package let payment: PaymentHash
    package let attempt: ChargeAttempt
    /// Of its claim.
    let purpose: String
}
