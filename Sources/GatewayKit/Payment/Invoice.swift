/// A BOLT 11 invoice and what the gateway needs to know of it.
public struct Invoice: Hashable, Sendable {
    /// `lnbc...`, in lower case.
    public let bolt11: String
    public let paymentHash: PaymentHash
    public let amount: Amount
    public let expiresAt: WallTime
    /// Which node of several made it, and is asked for its payment; `nil`: there is one.
    public let node: String?

    public init(
        bolt11: String,
        paymentHash: PaymentHash,
        amount: Amount,
        expiresAt: WallTime,
        node: String? = nil
    ) {
        self.bolt11 = bolt11
        self.paymentHash = paymentHash
        self.amount = amount
        self.expiresAt = expiresAt
        self.node = node
    }
}

/// An invoice that the gateway gave out, as the store keeps it.
public struct IssuedInvoice: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        case open, settled
    }

    public var invoice: Invoice
    public var service: String
    public var route: String
    public var issuedAt: WallTime
    public var state: State
    /// `nil` while it is open.
    public var settledAt: WallTime?
    /// The exchange that was asked to pay it; `nil` for an invoice from before quotes were noted.
    public var quote: ExchangeID?
    /// How its amount was made of a price in another currency; `nil`: it was not.
    public var conversion: String?

    public init(
        invoice: Invoice,
        service: String,
        route: String,
        issuedAt: WallTime,
        state: State = .open,
        settledAt: WallTime? = nil,
        quote: ExchangeID? = nil,
        conversion: String? = nil
    ) {
        self.invoice = invoice
        self.service = service
        self.route = route
        self.issuedAt = issuedAt
        self.state = state
        self.settledAt = settledAt
        self.quote = quote
        self.conversion = conversion
    }
}
