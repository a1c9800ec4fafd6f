internal import GatewayKit
internal import Logging
internal import NIOConcurrencyHelpers

/// Pays back what is left of sessions that have ended, until that succeeds or is given up. May be used from any task.
///
/// Nothing is paid twice: a node pays one invoice once, a session's return invoice is no other session's, and before each
/// attempt the node is asked what became of the last. An attempt that is not told of any more (the process has died) is
/// made again when its lease is over.
final class SessionRefunds: Sendable {
    /// For how long an attempt is its beginner's alone; longer than one takes.
    static let lease = Duration.seconds(120)
    private static let patience = Duration.seconds(60)
    private static let firstPause = Duration.seconds(30)
    private static let longestPause = Duration.seconds(3_600)
    /// From the end of the session.
    private static let longest = Duration.seconds(7 * 86_400)
    /// Attempts at the same time.
    private static let most = 16

    private let ledger: any SessionLedger
    private let lightning: any LightningBackend
    private let time: TimeSource
    private let logger: Logger
    private let tally: InvoiceTally
    private let running = NIOLockedValueBox<[PaymentHash: Task<Session?, Never>]>([:])

    init(_ services: Services) {
        ledger = services.store.sessions
        lightning = services.lightning
        time = services.time
        logger = services.logger
        tally = services.invoiceBudget.tally
    }

    /// How many more attempts there is room for.
    var room: Int { max(0, Self.most - running.withLockedValue { $0.count }) }

    /// Begins an attempt, unless somebody else has.
    func begin(_ session: Session) async throws {
        let now = time.now()
        let retryAt = now.advanced(by: Self.lease)
        guard running.withLockedValue({ $0[session.id] == nil }),
            let begun = try await ledger.beginRefund(session.id, at: now, retryAt: retryAt)
        else { return }
        attempt(begun)
    }

    /// Makes the attempt that the caller has reserved in the ledger.
    @discardableResult
    func attempt(_ session: Session) -> Task<Session?, Never> {
        running.withLockedValue { running in
            if let task = running[session.id] { return task }
            let task = Task<Session?, Never> {
                let outcome = await self.outcome(of: session)
                let ended = await self.note(outcome, of: session)
                self.running.withLockedValue { $0[session.id] = nil }
                return ended
            }
            running[session.id] = task
            return task
        }
    }

    /// Waits for the attempt that runs, if one does, for so long.
    func end(of session: PaymentHash, within patience: Duration) async {
        guard let task = running.withLockedValue({ $0[session] }) else { return }
        await withCheckedContinuation { continuation in
            let waiting = NIOLockedValueBox<CheckedContinuation<Void, Never>?>(continuation)
            @Sendable func goOn() {
                let continuation = waiting.withLockedValue { waiting in
                    defer { waiting = nil }
                    return waiting
                }
                continuation?.resume()
            }
            let timer = Task {
                try? await Task.sleep(for: patience)
                goOn()
            }
            Task {
                _ = await task.value
                timer.cancel()
                goOn()
            }
        }
    }

    /// What is under way stays so at the node, and is found there by the next process.
    func cancel() {
        for task in running.withLockedValue({ Array($0.values) }) { task.cancel() }
    }

    func quiesce() async {
        for task in running.withLockedValue({ Array($0.values) }) { _ = await task.value }
    }

    // MARK: Attempting

    private func outcome(of session: Session) async -> RefundOutcome {
        do {
            switch try await lightning.payment(session.returnPayment) {
            case .paid(let payment): return .paid(cost: payment.fee)
            case .underWay: return failed(session, "it is under way")
            case .unpaid: break
            }
            if let reason = reasonToGiveUp(session) {
                logger.error(
                    "a refund is given up: what is left is still the client's",
                    metadata: metadata(session, reason)
                )
                return .givenUp
            }
            let payment = try await lightning.pay(
                session.returnInvoice,
                amount: session.rest,
                feeLimit: session.refundFee.limit(for: session.rest),
                patience: Self.patience
            )
            return .paid(cost: payment.fee)
        } catch {
            return failed(session, "\(error)")
        }
    }

    private func reasonToGiveUp(_ session: Session) -> String? {
        let now = time.now()
        if let end = session.closedAt?.advanced(by: Self.longest), end <= now { return "it was tried for long enough" }
        do {
            let isExpired = try lightning.read(session.returnInvoice).expiresAt <= now
            return isExpired ? "the return invoice has expired" : nil
        } catch {
            return "the return invoice is no invoice of this node's network"
        }
    }

    private func failed(_ session: Session, _ reason: String) -> RefundOutcome {
        logger.warning("a refund has failed and will be tried again", metadata: metadata(session, reason))
        let doublings = min(max(session.refundAttempts - 1, 0), 20)
        let pause = min(Self.firstPause * (1 << doublings), Self.longestPause)
        return .failed(retryAt: time.now().advanced(by: pause))
    }

    private func note(_ outcome: RefundOutcome, of session: Session) async -> Session? {
        do {
            let ended = try await ledger.endRefund(session.id, outcome)
            if case .paid = outcome {
                if ended != nil { tally.noteRefunded(session.rest, for: session.service) }
                if session.refundAttempts > 1 {
                    logger.notice("a refund has succeeded", metadata: metadata(session, nil))
                }
            }
            return ended
        } catch {
            logger.error(
                "cannot note what became of a refund: the node is asked again",
                metadata: metadata(session, "\(error)")
            )
            return nil
        }
    }

    private func metadata(_ session: Session, _ reason: String?) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "session": "\(session.id)", "refundSats": "\(session.rest.millisatoshis / 1_000)",
            "attempt": "\(session.refundAttempts)",
        ]
        if let reason { metadata["reason"] = "\(reason)" }
        return metadata
    }
}
