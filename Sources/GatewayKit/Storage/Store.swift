/// What must survive a restart. All of it may be called from any task.
///
/// What decides money is committed before the answer. A store that cannot answer throws, and the caller refuses.
public protocol Store: Startable, Counting {
    /// Takes a payment for good, for one purpose: each begins with the word of a scheme.
    ///
    /// - Parameters:
    ///   - payment: which.
    ///   - purpose: what for.
    ///   - credential: by which it is claimed, for the books.
    /// - Returns: `.first` for exactly one of any number of callers, in any number of processes, ever, unless that one
    ///   releases it.
    func claim(_ payment: PaymentHash, for purpose: String, by credential: CredentialID?) async throws -> Claim

    /// Gives back a payment that was claimed for this purpose, so that it can be claimed anew. Only for whoever was told
    /// `.first`, and only when nothing was delivered.
    ///
    /// - Returns: false when it is not claimed, or for another purpose.
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool

    /// What a payment is claimed for; `nil` when it is not.
    func purpose(of payment: PaymentHash) async throws -> String?

    /// Claims a payment for another purpose, if it is claimed for `purpose` at that moment.
    ///
    /// - Returns: true for one of any number of callers with the same `purpose`; false changed nothing.
    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool

    /// Notes an invoice that was given out. Returns at once and is written soon after, many in one transaction:
    /// verifying a credential never needs it. Noting one twice changes nothing.
    func note(_ invoice: IssuedInvoice)

    /// What keeps account of money that clients have deposited. By default nothing does, and it throws.
    var sessions: any SessionLedger { get }

    /// What keeps account of what is metered. By default nothing does, and it throws.
    var meters: any MeterLedger { get }

    /// What happened to money, for auditors. By default nothing is kept, and it throws.
    var books: any Books { get }

    /// Waits until everything noted so far is on disk.
    func flush() async throws

    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice?

    /// Marks an invoice as paid, the first time it is told.
    ///
    /// - Returns: false when there is no such invoice, or it is settled already.
    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool

    /// Ends a credential. Revoking one twice changes nothing.
    func revoke(_ credential: CredentialID, at time: WallTime) async throws

    /// The revocations after `position` (0: all), in the order in which they were made, and the position behind them.
    func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64)

    /// A value that a plugin keeps. Keys of different plugins do not meet: each begins with the plugin's word and a `/`.
    func value(for key: String) async throws -> [UInt8]?

    /// Keeps a value, `nil` to forget it.
    func setValue(_ value: [UInt8]?, for key: String) async throws

    /// The keys that begin with `prefix` and their values, in the order of the keys.
    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])]
}

extension Store {
    public var sessions: any SessionLedger { NoSessionLedger() }
    public var meters: any MeterLedger { NoMeterLedger() }
    public var books: any Books { NoBooks() }

    /// For whoever has no credential to name.
    public func claim(_ payment: PaymentHash, for purpose: String) async throws -> Claim {
        try await claim(payment, for: purpose, by: nil)
    }

    /// - Returns: true for exactly one of any number of callers, whatever they claim it for.
    public func claim(_ payment: PaymentHash) async throws -> Bool {
        try await claim(payment, for: "") == .first
    }
}

/// What became of a claim.
public enum Claim: Sendable, Hashable {
    case first
    /// It was claimed before, for the same purpose.
    case again
    /// It was claimed before, for another purpose: the payment has bought something else.
    case foreign
}

/// Why a store did not answer. The caller refuses.
public struct StoreFailure: Error, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
