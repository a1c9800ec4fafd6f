/// A Lightning node or wallet that makes invoices.
///
/// `start` does not wait for the node: connecting goes on in the background, and until it has worked everything else throws
/// `LightningFailure` of reason `unavailable`. All of it may be called from any task, and ends early when that is cancelled.
public protocol LightningBackend: Startable {
    /// What it can do beyond making invoices and looking for their payments. By default nothing.
    var capabilities: LightningCapabilities { get }

    /// Who can learn a preimage without paying: from `anybody` on, `check` asks for `verify: node`. By default nobody.
    var preimageExposure: PreimageExposure { get }

    /// False where it pays and takes what the way costs, whatever limit it is given: `check` warns of sessions then. By default
    /// true.
    var boundsFees: Bool { get }

    /// True when nobody need bound how long it takes and how often it fails: it is in this process, or sees to that itself. By
    /// default false.
    var isAttended: Bool { get }

    /// The nodes that it is made of, as routes name them. By default none.
    var memberNames: [String] { get }

    /// The same with the nodes of these names alone for what is made from now on.
    ///
    /// - Returns: `nil` where one is not among ``memberNames``.
    func members(_ names: [String]) -> (any LightningBackend)?

    /// An invoice for at least `amount`: a node that knows only satoshis rounds up. Whoever gives it to a client has an
    /// `InvoiceCheck` ask for it.
    ///
    /// - Throws: `LightningFailure` when the node cannot make one now; the client gets 503 and may come back.
    func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice

    /// True once the payment has arrived; false for one that is open, expired or unknown.
    func isSettled(_ payment: PaymentHash) async throws -> Bool

    /// How far the payment of an invoice of this node is. By default only settled or not.
    func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState

    /// Payments as they arrive, beginning with those after `cursor`, each once and in the order of their cursors; `nil`
    /// begins with the next one, once the node has heard of it. Never lists what came before the cursor.
    /// Ends when the node can no longer be followed; the caller starts again where it stood.
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error>

    /// The same behind a payment that was told of before, by a node that has to know it still: one that was made anew counts
    /// from the start again, and would say nothing until it has come as far as the other one. Such a stream ends with
    /// ``SettlementsBeganAnew``. By default nobody looks.
    ///
    /// - Parameters:
    ///   - cursor: what the payment was told with.
    ///   - payment: the payment.
    func settlements(
        behind cursor: SettlementCursor,
        of payment: PaymentHash
    ) -> AsyncThrowingStream<Settlement, any Error>

    /// Where the stream of settlements stands now: one that begins there has everything that arrives from now on, and not
    /// much from before. For who follows this node for the first time, and would miss what arrives while it is away. By
    /// default the beginning; ``SettlementCursor/next`` where the node does not say.
    func settlementsEnd() async throws -> SettlementCursor

    /// Pays an invoice from the node's own funds. A node pays one invoice once.
    ///
    /// - Parameters:
    ///   - bolt11: the invoice.
    ///   - amount: for an invoice that names none; `nil` for any other.
    ///   - feeLimit: what the way there may cost.
    ///   - patience: how long the node may look for a way. What is under way then may still arrive.
    /// - Throws: `LightningFailure`. After `refused` nothing was paid; after any other, `payment(_:)` knows.
    func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment

    /// What became of a payment that this node was told to make.
    func payment(_ payment: PaymentHash) async throws -> PaymentState

    /// Reads an invoice, of this node or of somebody who wants to be paid. Asks nobody: checksum, signature and network are
    /// checked.
    ///
    /// - Throws: `LightningFailure` with what is wrong with it.
    func read(_ bolt11: String) throws -> PayableInvoice

    /// An invoice whose payment is held once it has arrived, until its preimage settles it or it is cancelled: what is held
    /// is neither here nor back with its payer. A node that can (`capabilities`) bounds how long; by default it is refused.
    ///
    /// `payment` is the hash of a preimage that nobody else knows: a node makes one invoice for it.
    func makeHoldInvoice(for amount: Amount, payment: PaymentHash, memo: String, expiresIn: Duration) async throws
        -> Invoice

    /// Takes what is held. Of one that is settled already it is no error.
    ///
    /// - Throws: `LightningFailure`; `refused` where nothing is held for this preimage.
    func settleInvoice(with preimage: Preimage) async throws

    /// Gives back what is held, and keeps an open invoice from being paid. Of one that is cancelled, has expired or is
    /// unknown it is no error.
    ///
    /// - Throws: `LightningFailure`; `refused` where it is settled, or where the node cannot cancel.
    func cancelInvoice(_ payment: PaymentHash) async throws

    /// Asks the node something that changes nothing, as `sluice doctor` does: whether it is there and answers who has the
    /// secrets that the policy names. By default for the payment of an invoice that nobody has made.
    ///
    /// - Throws: why it does not answer.
    func probe() async throws

    /// What will go wrong in production, a sentence each, for `sluice doctor` and the log of a start: rights that are wider
    /// than it needs, what a stranger may read. May ask the node; one that does not answer is no finding. By default
    /// nothing.
    func findings() async -> [String]
}

extension LightningBackend {
    /// Pays an invoice that names its amount.
    public func pay(_ bolt11: String, feeLimit: Amount) async throws -> Payment {
        try await pay(bolt11, amount: nil, feeLimit: feeLimit, patience: .seconds(60))
    }
}
