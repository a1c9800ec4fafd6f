/// A way to pay and to prove it: L402, MPP.
public protocol AuthScheme: Sendable {
    /// Keeps every credential of this scheme from the upstream (`Exchange.edits`), whether it counts or not, and leaves
    /// everything else as it is.
    ///
    /// Called once for each request of every route that a policy has, before its first stage: also where no `auth`
    /// stands and where another scheme is the one that accepts. Costs no allocation when there is none.
    static func conceal(in exchange: Exchange)

    /// True when its credentials may carry caveats, so that a `caveats` stage must check them. By default they may.
    static var carriesCaveats: Bool { get }

    /// Reads this scheme's credential and checks its proof.
    ///
    /// - Returns: `nil` when the request carries none of this scheme.
    /// - Throws: `Rejection` when there is one that does not count.
    func credential(in exchange: Exchange) throws -> Eventually<Credential?>

    /// An offer to sell what the quote names.
    func challenge(for quote: Quote, in exchange: Exchange) throws -> Eventually<Challenge>

    /// Names the scheme and offers nothing: for a 401, which must have a challenge also where nothing is sold (RFC 9110
    /// §11.6.1).
    func challenge(in exchange: Exchange) -> Challenge

    /// Takes the payment of a credential that this scheme recognised and whose `redemption` asks for it. Called by
    /// `price`: when every stage before it has let the request through, and the last thing before the request goes on.
    ///
    /// - Returns: `.next` when it is taken, for this exchange alone; `.reply` when the scheme itself answers.
    /// - Throws: `Rejection` when the payment buys nothing any more, which is answered with a fresh offer.
    func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision>

    /// What a request with a credential that this scheme recognised, and whose payment is taken, draws from where the
    /// route's price is metered; `nil`: nothing that can be metered, so that the request is refused. By default a token.
    func meterAccount(of credential: Credential, in exchange: Exchange) -> MeterAccount?

    /// Undoes `redeem` for a request that is refused after all, because what it draws from is exhausted or the meter does not
    /// answer: nothing was served for what was taken. By default nothing is to be done.
    func giveBack(_ credential: Credential, in exchange: Exchange)

    /// Lets a request through for which nobody pays. Asked by `price` for one that carries no credential and costs
    /// something, in the order of the schemes, when every stage before it has let the request through and there is
    /// somebody to serve it. The first that says true decides.
    ///
    /// What it has used up it gives back in `settle`, when nothing came of the request. By default false.
    func waivesPrice(of exchange: Exchange) throws -> Eventually<Bool>

    /// May change the head of any response on a route whose `auth` names the scheme, after all stages behind `auth`.
    func adjust(_ response: inout ResponseHead, of exchange: Exchange)

    /// Learns how such an exchange ended, exactly once.
    func settle(_ exchange: Exchange, as outcome: Outcome)

    /// True when its wire has no smaller unit: then prices are rounded up for all offers of an answer. By default false.
    var sellsWholeSatoshis: Bool { get }

    /// Who holds the payment of a request until it was served, where its answer can be given without the preimage; `nil`, the
    /// default: nobody.
    ///
    /// Asked before an offer is made. The invoice is one of the desk's where all schemes of the route that take payments say so.
    func holdingDesk(for exchange: Exchange) -> (any HoldingDesk)?

    /// False when nothing is paid for by it, so that it shares no invoice with the others and sells nothing. By default
    /// true.
    var takesPayments: Bool { get }

    /// True when a preimage is all that proves a payment to it, without a word of the node (`verify: preimage`). By default
    /// true.
    var trustsPreimages: Bool { get }

    /// How much it lets through that nobody pays for (`waivesPrice`, or for work), in a unit of the scheme's own: twice the
    /// number is twice as much. A reload that raises it is guarded against like one that lowers a price. By default 0:
    /// nothing.
    var giveaway: Double { get }

    /// The tier of the service that is sold with these settings: what opens one tier need not open another. By default 0.
    var soldTier: Int { get }

    /// What `sluice plan` prints behind its word: the settings that say what is asked for, in a few words, no secret. By
    /// default nothing.
    var summary: String { get }

    /// The caveats that everything sold with these settings carries: `check` asks whether the routes verify them. By
    /// default none.
    var soldCaveats: [SoldCaveat] { get }

    /// What it offers, by the names of the payment authentication scheme. By default nothing: it has none.
    var offeredIntents: [OfferedIntent] { get }
}

extension AuthScheme {
    public static var carriesCaveats: Bool { true }
    public func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision> { .now(.next) }
    public func meterAccount(of credential: Credential, in exchange: Exchange) -> MeterAccount? {
        MeterAccount(form: .token, id: credential.id.bytes, payment: credential.payment)
    }
    public func giveBack(_ credential: Credential, in exchange: Exchange) {}
    public func adjust(_ response: inout ResponseHead, of exchange: Exchange) {}
    public func settle(_ exchange: Exchange, as outcome: Outcome) {}
    public var sellsWholeSatoshis: Bool { false }
    public func waivesPrice(of exchange: Exchange) throws -> Eventually<Bool> { .now(false) }
    public func holdingDesk(for exchange: Exchange) -> (any HoldingDesk)? { nil }
    public var takesPayments: Bool { true }
    public var trustsPreimages: Bool { true }
    public var giveaway: Double { 0 }
    public var soldTier: Int { 0 }
    public var summary: String { "" }
    public var soldCaveats: [SoldCaveat] { [] }
    public var offeredIntents: [OfferedIntent] { [] }
}

/// A way to pay as the payment authentication scheme names it: `charge` by the method `lightning`.
public struct OfferedIntent: Hashable, Sendable {
    public let method: String
    public let intent: String
    /// Calls of JSON-RPC are offered it, too.
    public let isForCalls: Bool
    /// What is paid grows with the response: a price buys an event or so many bytes of it.
    public let isMetered: Bool

    public init(method: String, intent: String, isForCalls: Bool, isMetered: Bool = false) {
        self.method = method
        self.intent = intent
        self.isForCalls = isForCalls
        self.isMetered = isMetered
    }
}

/// What one scheme adds to a 402 or a 401.
public struct Challenge: Sendable {
    /// The values of `WWW-Authenticate`, one line each, in their order.
    public var lines: [String]
    /// The same offers as JSON objects, each a text: how a client of JSON-RPC gets those that have such a form.
    package var objects: [String] = []
    /// Members of the problem body that go with them.
    public var members: [Problem.Member]
    /// What somebody draws from who pays for one of the offers, where the price is metered.
    public var accounts: [MeterAccount] = []
    /// The answer where no scheme offers anything, when this one has a reason not to.
    public var refusal: Reply?

    public init(lines: [String], members: [Problem.Member] = []) {
        self.lines = lines
        self.members = members
    }

    /// No offer, and why.
    public init(refusal: Reply) {
        self.init(lines: [])
        self.refusal = refusal
    }
}

/// The price of one request, asked for by a `price` stage. Belongs to the exchange's event loop.
public final class Quote {
    public let amount: Amount
    /// How long the offer stands.
    public let expiresIn: Duration
    /// True when several schemes make offers for the one invoice, of which its payer may take one.
    public let isShared: Bool
    /// How the amount was made of a price in another currency; `nil`: it was not. Stands in what is signed, so that it is
    /// known with what a client pays for.
    public let conversion: Conversion?
    private let makeSessionOffer: (() throws -> Eventually<SessionOffer?>)?
    private let makeInvoice: (Amount) -> Eventually<Invoice>
    private var made: [(amount: Amount, invoice: Eventually<Invoice>)] = []

    /// - Parameters:
    ///   - amount: the price.
    ///   - expiresIn: how long the offer stands.
    ///   - isShared: whether several schemes make offers for the one invoice.
    ///   - sessionOffer: asks for what a session costs, where that is not the price.
    ///   - conversion: how a price in another currency became this amount; `nil` for one in bitcoin.
    ///   - makeInvoice: called at most once for an amount, and only when a scheme wants an invoice.
    public init(
        amount: Amount,
        expiresIn: Duration,
        isShared: Bool = false,
        conversion: Conversion? = nil,
        sessionOffer: (() throws -> Eventually<SessionOffer?>)? = nil,
        makeInvoice: @escaping (Amount) -> Eventually<Invoice>
    ) {
        self.amount = amount
        self.expiresIn = expiresIn
        self.isShared = isShared
        self.conversion = conversion
        makeSessionOffer = sessionOffer
        self.makeInvoice = makeInvoice
    }

    /// The invoice for the price, where one was asked for.
    public var offered: Eventually<Invoice>? { made.first { $0.amount == amount }?.invoice }

    /// What a session is offered for: where the price is metered, that of a request and not that of a bundle. `nil`: for the
    /// price.
    public func sessionOffer() throws -> Eventually<SessionOffer?> { try makeSessionOffer?() ?? .now(nil) }

    /// The invoice that all offers of this answer for the price share: whichever is taken, it is one payment.
    public func invoice() -> Eventually<Invoice> { invoice(for: amount) }

    /// The invoice that all offers of this answer for an amount share: a scheme may sell more than one request at once.
    public func invoice(for amount: Amount) -> Eventually<Invoice> {
        if let known = made.first(where: { $0.amount == amount }) { return known.invoice }
        let invoice = makeInvoice(amount)
        made.append((amount, invoice))
        return invoice
    }
}

/// Says what a request costs.
public protocol Pricer: Sendable {
    /// `.zero`: free. Where the price is metered: that of a bundle.
    ///
    /// A request for which there is no price fails with the `Reply` to its client.
    func price(of exchange: Exchange) throws -> Eventually<Amount>

    /// Learns that offers were made for a price that it told and that is not metered, and on which invoice: whoever pays
    /// that one has bought at it. Returns at once: no answer waits for what comes of it. By default nothing happens.
    ///
    /// - Parameters:
    ///   - amount: the price in the unit of the offers.
    ///   - payment: of the invoice that all of them share.
    ///   - exchange: the request that is answered.
    func offered(_ amount: Amount, for payment: PaymentHash, in exchange: Exchange)

    /// What `sluice plan` prints: the settings that count, on one line, no secret. By default its word.
    var summary: String { get }

    /// Between which amounts its prices stand, for what compares policies. By default nothing is known.
    var bounds: ListedPrice.Bounds { get }

    /// What it has counted since it was made, by name, for its operator (`/prices` of `admin`). By default nothing.
    var counts: [(name: String, count: UInt64)] { get }

    /// What keeps account of what requests use of the bundles that it sells, where the policy says `metered: true`; `nil`, the
    /// default: it cannot be metered.
    var meter: (any UsageMeter)? { get }

    /// True when what it sells is always metered. By default false.
    var isAlwaysMetered: Bool { get }
}

extension Pricer {
    public func offered(_ amount: Amount, for payment: PaymentHash, in exchange: Exchange) {}
    public var summary: String { (self as? any Plugin).map { type(of: $0).word } ?? "" }
    public var bounds: ListedPrice.Bounds { ListedPrice.Bounds() }
    public var counts: [(name: String, count: UInt64)] { [] }
    public var meter: (any UsageMeter)? { nil }
    public var isAlwaysMetered: Bool { false }
}
