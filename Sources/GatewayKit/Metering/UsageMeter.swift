/// Says what requests use of what was paid for, where a price is `metered`: a payment buys a bundle that many requests draw
/// from, each for what its response turns out to have cost.
///
/// The gateway keeps the reservations, in the store, and sees to it that each is settled exactly once, however its exchange
/// ends; a meter decides and counts. The first three are called on the exchange's event loop and must not block it.
public protocol UsageMeter: Sendable {
    /// Names the meter in the store, so that what a process has left behind finds it again after a restart: of one policy no
    /// two have the same. Begins with the word of its plugin.
    var name: String { get }

    /// A challenge is about to go to a client: whoever pays it comes with one of these accounts. It goes out when this is
    /// done; when it fails, nothing is sold. By default nothing is to be done.
    ///
    /// - Parameters:
    ///   - accounts: one for each offer, in their order. An offer of a session has none.
    ///   - price: what is asked for.
    ///   - exchange: the request that is answered.
    func offered(_ accounts: [MeterAccount], for price: Amount, in exchange: Exchange) throws -> Eventually<Void>

    /// What a session is offered for in place of the price of a bundle. By default `nil`: for that.
    func sessionOffer(in exchange: Exchange) throws -> Eventually<SessionOffer?>

    /// Decides about a request whose credential counts and whose payment is taken.
    ///
    /// - Returns: fails, or throws, with the `Reply` that the client gets; anything else is answered 503.
    func admit(_ account: MeterAccount, in exchange: Exchange) throws -> Eventually<MeterVerdict>

    /// What a request that was let through has cost. Called from a task of its own.
    ///
    /// It is asked again later, also by another process, when it throws, and until the store has the answer.
    func cost(of usage: MeteredUsage) async throws -> MeteredCost
}

extension UsageMeter {
    public func offered(_ accounts: [MeterAccount], for price: Amount, in exchange: Exchange) -> Eventually<Void> {
        .now(())
    }

    public func sessionOffer(in exchange: Exchange) -> Eventually<SessionOffer?> { .now(nil) }
}

/// What a meter says about a request.
public enum MeterVerdict: Sendable {
    case allowed(MeterGrant)
    /// Too little is left, or nothing was ever bought: 402, with an offer of the next bundle. `price`: what that costs;
    /// `nil`: what the pricer says. `reason`: for the client, one sentence or less; never holds a credential.
    case exhausted(price: Amount?, reason: String?)
}

/// What a request is let through with.
public struct MeterGrant: Sendable {
    /// What is reserved for it, in the meter's own unit; in millisatoshi where there is a `bundle`. Told to the meter again
    /// when it is settled.
    public var reserved: UInt64
    /// What the account is worth, where the gateway is to keep its balance; `nil`: the meter keeps it itself.
    public var bundle: MeterBundle?
    /// What the meter wants to know again when the request is settled. Kept in the store meanwhile.
    public var note: [UInt8]

    public init(reserved: UInt64, bundle: MeterBundle? = nil, note: [UInt8] = []) {
        self.reserved = reserved
        self.bundle = bundle
        self.note = note
    }
}

/// What one request of a session costs at the most, as far as that is known before, and what is to be deposited.
public struct SessionOffer: Sendable, Hashable {
    /// Taken before a request is forwarded. What it has cost in the end is reconciled with that.
    public var unit: Amount
    /// `nil`: as the policy says.
    public var deposit: Amount?

    public init(unit: Amount, deposit: Amount? = nil) {
        self.unit = unit
        self.deposit = deposit
    }
}

/// What a request has cost.
public enum MeteredCost: Sendable, Hashable {
    /// To be taken from what the gateway keeps: from the bundle, or from the session.
    case amount(Amount)
    /// The meter keeps the account itself, and has booked it.
    case booked
}
