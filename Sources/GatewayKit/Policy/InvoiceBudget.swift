internal import NIOConcurrencyHelpers

/// The invoices that are being made and those that are open, counted by all routes of a policy together. May be used from any
/// thread.
///
/// Counts what this process has made: it begins anew with each start.
public final class InvoiceBudget: Sendable {
    /// Who asks for an invoice, and for what.
    public struct Buyer: Hashable, Sendable {
        public let address: IPAddress?
        public let service: String
        public let route: String
        public let amount: Amount
        /// How the amount was made of a price in another currency, which stands in what is signed.
        public let conversion: String?
        /// The ways to pay that are offered for it. One that is sold by a single way is not looked for in the ledger when it is
        /// shown, so that no other way may be offered for its invoice after a reload.
        public let schemes: [String]
        /// False where the invoice is nobody else's: one whose page learns that it was paid.
        public let mayShare: Bool

        public init(
            address: IPAddress?,
            service: String,
            route: String,
            amount: Amount,
            conversion: String? = nil,
            schemes: [String] = [],
            mayShare: Bool = true
        ) {
            self.address = address
            self.service = service
            self.route = route
            self.amount = amount
            self.conversion = conversion
            self.schemes = schemes
            self.mayShare = mayShare
        }
    }

    public enum Admission: Hashable, Sendable {
        /// The node may be asked; `end` follows, exactly once.
        case make
        /// The client, or all near it, have as many open invoices as they may. This is one of its own, for the same route and
        /// price, and lives on for a while.
        case reuse(Invoice)
        case refuse(Refusal)
    }

    public enum Refusal: String, Error, CaseIterable, Hashable, Sendable {
        /// As many are being made as may be.
        case busy
        /// As many are open as may be.
        case full
        /// As many of this client, or of all near it, are open as may be.
        case client
    }

    private struct State {
        var limits: InvoiceLimits
        var making = 0
        var makingOfClient: [IPAddress: Int] = [:]
        var open = OpenInvoices()
        /// When a refusal was told to the operator.
        var told: [Refusal: WallTime] = [:]
        var refusals: [Refusal: UInt64] = [:]
    }

    private static let silence = Duration.seconds(60)

    private let state: NIOLockedValueBox<State>
    /// What became of those that were made.
    public let tally = InvoiceTally()

    public init(_ limits: InvoiceLimits = InvoiceLimits()) {
        state = NIOLockedValueBox(State(limits: limits))
    }

    /// Those of the policy that is served. What is open beyond new ones stays.
    public var limits: InvoiceLimits {
        get { state.withLockedValue { $0.limits } }
        set { state.withLockedValue { $0.limits = newValue } }
    }

    /// Open invoices in all.
    public var openCount: Int { state.withLockedValue { $0.open.count } }

    /// How many requests had no invoice, by why.
    public var refusals: [Refusal: UInt64] { state.withLockedValue { $0.refusals } }

    /// A payment that was under way when its invoice expired may still arrive.
    private static let grace = Duration.seconds(120)

    /// Invoices that a node is to be asked for now that tells of nothing by itself: all that are open where there are no more,
    /// and otherwise those that somebody waits for, new ones, and the others in turn. Those that expired a while ago are
    /// forgotten, so that nobody goes on asking for them where nothing is sold; each comes once behind its end.
    ///
    /// - Parameters:
    ///   - most: how many.
    ///   - waiting: the payments for which somebody waits.
    ///   - now: the time.
    public func someOpen(_ most: Int, first waiting: Set<PaymentHash> = [], at now: WallTime) -> [Invoice] {
        sweep(at: now.advanced(by: Duration.zero - Self.grace))
        return state.withLockedValue { $0.open.some(most, first: waiting, at: now) }
    }

    /// Whether the node may be asked for an invoice.
    ///
    /// - Parameters:
    ///   - buyer: who wants it, and for what.
    ///   - life: how long it would stand: one that is used again has a quarter of that left at least.
    ///   - now: the time.
    public func admit(_ buyer: Buyer, for life: Duration, at now: WallTime) -> Admission {
        sweep(at: now)
        return state.withLockedValue { state in
            let admission = Self.admission(of: buyer, for: life, at: now, &state)
            if case .refuse(let refusal) = admission { state.refusals[refusal, default: 0] += 1 }
            return admission
        }
    }

    /// Forgets invoices that have expired.
    public func sweep(at now: WallTime) {
        for (service, count) in state.withLockedValue({ $0.open.sweep(at: now) }) {
            tally.noteExpired(count, for: service)
        }
    }

    private static func admission(
        of buyer: Buyer,
        for life: Duration,
        at now: WallTime,
        _ state: inout State
    ) -> Admission {
        let client = buyer.address?.block
        if let client, let address = buyer.address {
            let own = state.open.count(of: client) + state.makingOfClient[client, default: 0]
            let near = state.open.count(near: address.neighbourhood)
            if own >= state.limits.perClient || near >= state.limits.perNeighbourhood {
                guard buyer.mayShare, let invoice = state.open.one(for: buyer, livingUntil: now.advanced(by: life / 4))
                else { return .refuse(.client) }
                return .reuse(invoice)
            }
        }
        guard state.open.count + state.making < state.limits.open else { return .refuse(.full) }
        guard state.making < state.limits.atOnce else { return .refuse(.busy) }
        state.making += 1
        if let client { state.makingOfClient[client, default: 0] += 1 }
        return .make
    }

    /// An invoice that was admitted is made, or was not.
    ///
    /// - Parameters:
    ///   - buyer: as it was admitted.
    ///   - invoice: what was made; `nil`: nothing, or nobody waits for it any more.
    public func end(_ buyer: Buyer, with invoice: Invoice?) {
        state.withLockedValue { state in
            state.making -= 1
            if let client = buyer.address?.block {
                let others = state.makingOfClient[client, default: 1] - 1
                state.makingOfClient[client] = others > 0 ? others : nil
            }
            if let invoice { state.open.add(invoice, of: buyer) }
        }
        if invoice != nil { tally.noteIssued(for: buyer.service) }
    }

    /// Whether the operator is to be told of a refusal: of each kind once a minute, however many there are.
    package func isNews(_ refusal: Refusal, at now: WallTime) -> Bool {
        state.withLockedValue { state in
            // A clock may be set back.
            if let told = state.told[refusal], (told..<told.advanced(by: Self.silence)).contains(now) { return false }
            state.told[refusal] = now
            return true
        }
    }

    /// The payment of an invoice was presented: the same, and a node that tells of nothing by itself is asked for it once more,
    /// for the books.
    package func take(_ payment: PaymentHash) {
        state.withLockedValue { $0.open.take(payment) }
    }

    /// An invoice was paid or cancelled: it no longer counts, and is given to nobody any more.
    public func close(_ payment: PaymentHash) {
        state.withLockedValue { $0.open.remove(payment) }
    }
}
