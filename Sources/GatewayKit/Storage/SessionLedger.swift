/// The part of a store that keeps account of sessions. All of it may be called from any task.
///
/// Each call is one transaction, which is on disk before it returns: any number of callers in any number of processes see
/// one order of them. What fails has changed nothing. A session is never forgotten; neither is a payment, which is taken
/// in the same ledger as those of ``Store/claim(_:for:by:)``, with ``purpose``.
public protocol SessionLedger: Sendable {
    /// Takes the deposit's payment and opens the session, which must be `open`; what it has spent already is what its
    /// first request costs.
    ///
    /// - Returns: `.done`, `.repeated`, `.challengeUsed`, `.foreignPayment` or `.returnInvoiceUsed`.
    func open(_ session: Session, by action: SessionAction) async throws -> SessionChange

    /// Takes a payment and adds it to an open session's deposit.
    ///
    /// - Returns: `.done`, `.repeated`, `.challengeUsed`, `.unknown`, `.ended` or `.foreignPayment`.
    func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime
    ) async throws -> SessionChange

    /// Takes amounts from sessions, one after the other and each whole or not at all.
    ///
    /// - Returns: one for each: `.done`, `.repeated`, `.challengeUsed`, `.unknown`, `.ended` or `.insufficient`.
    func take(_ takings: [SessionTaking]) async throws -> [SessionChange]

    /// Gives back an amount that was taken and bought nothing.
    ///
    /// - Parameters:
    ///   - amount: what bought nothing.
    ///   - session: whose.
    ///   - action: no credential's; whoever asks again, not knowing whether it was done, names the same.
    /// - Returns: `.done`, `.repeated`, `.unknown`, `.ended`, or `.insufficient` when less was spent.
    func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) async throws -> SessionChange

    /// Says that sessions are in use. Changes nothing for those that have ended.
    func touch(_ sessions: [PaymentHash], at time: WallTime) async throws

    /// Ends an open session: what is left is to be paid back from then on, and the first attempt is the caller's, which is
    /// counted. With nothing left it is closed.
    ///
    /// - Parameters:
    ///   - session: which.
    ///   - action: the client's, which a repetition names again.
    ///   - time: now.
    ///   - retryAt: when others may try to pay back.
    /// - Returns: `.done`, `.repeated`, `.challengeUsed`, `.unknown` or `.ended`.
    func close(
        _ session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> SessionChange

    /// The same, without a client that asks for it.
    ///
    /// - Returns: `nil` when it is not open, or `ending` is `.idle` and it is not.
    func end(
        _ session: PaymentHash,
        _ ending: Session.Ending,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> Session?

    /// Notes what an action was answered, unless that was noted before.
    ///
    /// - Returns: what is noted now; `nil` when there is no such action.
    func answer(_ answer: String, to action: SessionAction) async throws -> String?

    func session(_ id: PaymentHash) async throws -> Session?

    /// Open sessions that are idle, and those whose refund is due; the oldest first.
    func due(at time: WallTime, limit: Int) async throws -> [Session]

    /// Reserves the next attempt to pay back what is left, which is counted, for the caller.
    ///
    /// - Returns: the session, for one of any number of callers; `nil` when there is nothing to be paid back, or it is not
    ///   due.
    func beginRefund(_ session: PaymentHash, at time: WallTime, retryAt: WallTime) async throws -> Session?

    /// Notes how an attempt has ended. `.paid` counts whoever tells it, the others while the session is `closing`.
    ///
    /// - Returns: the session as it is now; `nil` when it was not `closing` any more.
    func endRefund(_ session: PaymentHash, _ outcome: RefundOutcome) async throws -> Session?

    /// Forgets actions that ended before.
    func forgetActions(before time: WallTime) async throws
}

extension SessionLedger {
    /// What a session's payments are claimed for.
    public static var purpose: String { "mpp/session" }
}

/// The ledger of a store that keeps no sessions.
struct NoSessionLedger: SessionLedger {
    private var failure: StoreFailure { StoreFailure("this store keeps no sessions") }

    func open(_ session: Session, by action: SessionAction) async throws -> SessionChange { throw failure }
    func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime
    ) async throws -> SessionChange { throw failure }
    func take(_ takings: [SessionTaking]) async throws -> [SessionChange] { throw failure }
    func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) async throws -> SessionChange {
        throw failure
    }
    func touch(_ sessions: [PaymentHash], at time: WallTime) async throws { throw failure }
    func close(
        _ session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> SessionChange { throw failure }
    func end(
        _ session: PaymentHash,
        _ ending: Session.Ending,
        at time: WallTime,
        retryAt: WallTime
    ) async throws -> Session? { throw failure }
    func answer(_ answer: String, to action: SessionAction) async throws -> String? { throw failure }
    func session(_ id: PaymentHash) async throws -> Session? { throw failure }
    func due(at time: WallTime, limit: Int) async throws -> [Session] { throw failure }
    func beginRefund(_ session: PaymentHash, at time: WallTime, retryAt: WallTime) async throws -> Session? {
        throw failure
    }
    func endRefund(_ session: PaymentHash, _ outcome: RefundOutcome) async throws -> Session? { throw failure }
    func forgetActions(before time: WallTime) async throws { throw failure }
}
