internal import GatewayKit

/// The sessions of a memory store. A value: whoever keeps it guards it, together with the claims.
struct SessionTable {
    private struct Action {
        let action: SessionAction
        let session: PaymentHash
        var answer: String?
    }

    private var sessions = [PaymentHash: Session]()
    private var returnPayments = Set<PaymentHash>()
    private var actions = [Bytes32: Action]()

    func session(_ id: PaymentHash) -> Session? { sessions[id] }

    mutating func open(
        _ session: Session,
        by action: SessionAction,
        _ claims: inout [PaymentHash: String]
    ) -> SessionChange {
        if let earlier = earlier(action) { return earlier }
        guard claims[session.id] == nil else { return .foreignPayment }
        guard !returnPayments.contains(session.returnPayment) else { return .returnInvoiceUsed }
        claims[session.id] = MemorySessionLedger.purpose
        sessions[session.id] = session
        returnPayments.insert(session.returnPayment)
        return done(session, action)
    }

    mutating func credit(
        _ amount: Amount,
        of payment: PaymentHash,
        to session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        _ claims: inout [PaymentHash: String]
    ) -> SessionChange {
        if let earlier = earlier(action) { return earlier }
        guard var changed = sessions[session] else { return .unknown }
        guard changed.credit(amount, at: time) else { return .ended(changed) }
        guard claims[payment] == nil else { return .foreignPayment }
        claims[payment] = MemorySessionLedger.purpose
        sessions[session] = changed
        return done(changed, action)
    }

    mutating func take(_ taking: SessionTaking) -> SessionChange {
        if let action = taking.action, let earlier = earlier(action) { return earlier }
        guard var changed = sessions[taking.session] else { return .unknown }
        guard changed.take(taking.amount, at: taking.time) else {
            return changed.state == .open ? .insufficient(changed) : .ended(changed)
        }
        sessions[changed.id] = changed
        return done(changed, taking.action)
    }

    mutating func giveBack(_ amount: Amount, to session: PaymentHash, by action: SessionAction) -> SessionChange {
        if let earlier = earlier(action) { return earlier }
        guard var changed = sessions[session] else { return .unknown }
        guard changed.giveBack(amount) else {
            return changed.state == .open ? .insufficient(changed) : .ended(changed)
        }
        sessions[session] = changed
        return done(changed, action)
    }

    /// Changes one session; `nil` when there is none, or `change` says that it did nothing.
    mutating func change(_ id: PaymentHash, _ change: (inout Session) -> Bool) -> Session? {
        guard var changed = sessions[id], change(&changed) else { return nil }
        sessions[id] = changed
        return changed
    }

    mutating func close(
        _ session: PaymentHash,
        by action: SessionAction,
        at time: WallTime,
        retryAt: WallTime
    ) -> SessionChange {
        if let earlier = earlier(action) { return earlier }
        guard var ended = sessions[session] else { return .unknown }
        guard ended.end(.client, at: time, retryAt: retryAt) else { return .ended(ended) }
        sessions[session] = ended
        return done(ended, action)
    }

    mutating func answer(_ answer: String, to action: SessionAction) -> String? {
        guard actions[action.challenge]?.action.fingerprint == action.fingerprint else { return nil }
        let noted = actions[action.challenge]?.answer ?? answer
        actions[action.challenge]?.answer = noted
        return noted
    }

    func due(at time: WallTime, limit: Int) -> [Session] {
        let due = sessions.values.compactMap { session -> (at: WallTime, session: Session)? in
            let at = session.state == .open ? session.idleAt : session.refundDueAt
            guard let at, at <= time else { return nil }
            return (at, session)
        }
        return due.sorted { $0.at < $1.at }.prefix(limit).map(\.session)
    }

    mutating func forgetActions(before time: WallTime) {
        actions = actions.filter { $0.value.action.end >= time }
    }

    private func earlier(_ action: SessionAction) -> SessionChange? {
        guard let earlier = actions[action.challenge] else { return nil }
        guard earlier.action.fingerprint == action.fingerprint, let session = sessions[earlier.session] else {
            return .challengeUsed
        }
        return .repeated(session, answer: earlier.answer)
    }

    private mutating func done(_ session: Session, _ action: SessionAction?) -> SessionChange {
        if let action { actions[action.challenge] = Action(action: action, session: session.id) }
        return .done(session)
    }
}
