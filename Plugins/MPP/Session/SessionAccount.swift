package import GatewayKit

/// What one exchange spends: the session that pays for it. May be used from any task.
///
/// One unit is taken before the request is forwarded (``reservedUnits``); what a response needs beyond that is taken
/// unit by unit before it is delivered.
package protocol SessionAccount: Sendable {
    /// The hash of the payment that opened it.
    var session: PaymentHash { get }
    /// What one unit costs: whole satoshis, at least one.
    var price: Amount { get }
    /// Units that were taken already, for what is delivered first.
    var reservedUnits: Int64 { get }

    /// Takes so many times the price: all of it or nothing. On disk before it returns.
    ///
    /// - Throws: when the store does not answer; then nothing may be delivered.
    func debit(units: Int64) async throws -> SessionDebit

    /// Gives back units that were taken and bought nothing. What cannot be given back is told to the log.
    func giveBack(units: Int64) async

    /// Returns when there may be more left than in `balance`, or the session has ended: after a top-up, in this process or
    /// in another, or a close. At once when that is so already.
    ///
    /// - Throws: `CancellationError`, when its task is cancelled.
    func balanceChange(after balance: SessionBalance) async throws

    /// Ends the session, as if it had been idle for too long: its rest is paid back. One that is ending already goes on.
    func end() async

    /// A response is being delivered, or held until there is money for more: the session is not idle.
    ///
    /// - Parameter giveBackAhead: called from any task when the session ends: gives back all units that are not delivered,
    ///   and returns then. Until the session has ended, every debit is `.closed`.
    /// - Returns: what `endStream` is told, exactly once.
    func beginStream(_ giveBackAhead: @escaping @Sendable () async -> Void) -> Int
    func endStream(_ number: Int)

    /// What the events `payment-receipt` hold: one line of JSON.
    ///
    /// - Parameters:
    ///   - spent: by the response, the reserved units included.
    ///   - units: that it has delivered.
    func receipt(spent: Amount, units: Int64) -> String
    /// What the events `payment-need-topup` and `session-timeout` hold: one line of JSON.
    ///
    /// - Parameter spent: of all that was deposited, by whatever response (draft-lightning-session, "payment-need-topup
    ///   Event").
    func shortage(spent: Amount, required: Amount) -> String
}

/// What became of a debit.
package enum SessionDebit: Sendable, Hashable {
    case taken(SessionBalance)
    /// Nothing was taken: there is less left than `required`.
    case insufficient(SessionBalance, required: Amount)
    /// Nothing was taken: the session has ended, or is ending.
    case closed
}

/// How much of a session's deposit is used up.
package struct SessionBalance: Sendable, Hashable {
    /// With everything that was added since.
    package let deposit: Amount
    package let spent: Amount

    package init(deposit: Amount, spent: Amount) {
        self.deposit = deposit
        self.spent = spent
    }

    package var left: Amount { deposit.subtracting(spent) ?? .zero }
}

/// The session that an exchange was let through with: `exchange[MeteredSession.self]`, there from the moment that its first
/// unit is taken.
package struct MeteredSession: Sendable {
    package let account: any SessionAccount
    /// What a unit is on this route.
    package let meter: SessionMeter
    package let challengeID: String

    package init(account: any SessionAccount, meter: SessionMeter, challengeID: String) {
        self.account = account
        self.meter = meter
        self.challengeID = challengeID
    }
}
