/// A way to pay and to prove it: L402, MPP.
public protocol AuthScheme: Sendable {
    /// Keeps every credential of this scheme from the upstream (`Exchange.edits`), whether it counts or not, and leaves
    /// everything else as it is.
    ///
    /// Called once for each request of every route that a policy has, before its first stage: also where no `auth`
    /// stands and where another scheme is the one that accepts. Costs no allocation when there is none.
    static func conceal(in exchange: Exchange)

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

    /// The caveats that everything sold with these settings carries: `check` asks whether the routes verify them. By
    /// default none.
    var soldCaveats: [SoldCaveat] { get }
}

extension AuthScheme {
    public var soldCaveats: [SoldCaveat] { [] }
}

/// What one scheme adds to a 402 or a 401.
public struct Challenge: Sendable {
    /// The values of `WWW-Authenticate`, one line each, in their order.
    public var lines: [String]

    public init(lines: [String]) {
        self.lines = lines
    }
}

/// The price of one request, asked for by a `price` stage. Belongs to the exchange's event loop.
public final class Quote {
    public let amount: Amount
    /// How long the offer stands.
    public let expiresIn: Duration
    private let makeInvoice: () -> Eventually<Invoice>
    private var made: Eventually<Invoice>?

    /// `makeInvoice` is called at most once, and only when a scheme wants an invoice.
    public init(amount: Amount, expiresIn: Duration, makeInvoice: @escaping () -> Eventually<Invoice>) {
        self.amount = amount
        self.expiresIn = expiresIn
        self.makeInvoice = makeInvoice
    }

    /// The invoice that all offers of this answer share: whichever is taken, it is one payment.
    public func invoice() -> Eventually<Invoice> {
        if let made { return made }
        let invoice = makeInvoice()
        made = invoice
        return invoice
    }
}

/// Says what a request costs.
public protocol Pricer: Sendable {
    /// `.zero`: free.
    func price(of exchange: Exchange) throws -> Eventually<Amount>
}
