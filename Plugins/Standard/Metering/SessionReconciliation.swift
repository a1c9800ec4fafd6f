internal import GatewayKit
internal import Logging

/// Brings what a session has paid for a request in line with what that turned out to cost.
struct SessionReconciliation: Sendable {
    private let sessions: any SessionLedger
    private let time: TimeSource
    private let logger: Logger
    private let patience: StorePatience

    init(_ services: Services, patience: StorePatience) {
        sessions = services.store.sessions
        time = services.time
        logger = services.logger
        self.patience = patience
    }

    /// Gives back to a session what a request did not use of what was taken for it, or takes what it has used beyond that, as
    /// far as there is any. Once, however often it is tried.
    func reconcile(_ cost: Amount, of reservation: MeterReservation) async throws {
        let account = reservation.account
        let now = time.now()
        let action = SessionAction(
            challenge: reservation.id,
            fingerprint: reservation.id,
            end: now.advanced(by: .seconds(86_400)),
            route: reservation.route
        )
        var change: SessionChange?
        if let surplus = account.taken.subtracting(cost), surplus > .zero {
            change = try await patience.ask { [sessions] in
                try await sessions.giveBack(surplus, to: account.payment, by: action)
            }
        } else if let shortfall = cost.subtracting(account.taken), shortfall > .zero {
            change = try await patience.ask { [sessions] in
                var amount = shortfall
                while true {
                    let taking = SessionTaking(session: account.payment, amount: amount, time: now, action: action)
                    let change = try await sessions.take([taking]).first
                    // Others may take of the rest meanwhile.
                    guard case .insufficient(let session)? = change, session.rest > .zero, session.rest < amount else {
                        return change
                    }
                    amount = session.rest
                }
            }
        }
        switch change {
        case nil, .done, .repeated: return
        default:
            logger.error(
                "what a request has used cannot be reconciled with its session",
                metadata: ["session": "\(account.payment)", "taken": "\(account.taken)", "cost": "\(cost)"]
            )
        }
    }
}
