public import GatewayKit

/// A store that has another one do what it does not do itself: for tests of what a store may get wrong.
public protocol ForwardingStore: Store {
    /// Who does the rest.
    var base: any Store { get }
}

extension ForwardingStore {
    public var sessions: any SessionLedger { base.sessions }
    public var meters: any MeterLedger { base.meters }

    public var books: any Books { base.books }

    public func claim(
        _ payment: PaymentHash,
        for purpose: String,
        by credential: CredentialID?
    ) async throws -> Claim {
        try await base.claim(payment, for: purpose, by: credential)
    }
    public func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        try await base.release(payment, for: purpose)
    }
    public func purpose(of payment: PaymentHash) async throws -> String? { try await base.purpose(of: payment) }
    public func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        try await base.move(payment, from: purpose, to: next)
    }
    public func note(_ invoice: IssuedInvoice) { base.note(invoice) }
    public func flush() async throws { try await base.flush() }
    public func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { try await base.invoice(payment) }
    public func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool {
        try await base.settle(payment, at: time)
    }
    public func revoke(_ credential: CredentialID, at time: WallTime) async throws {
        try await base.revoke(credential, at: time)
    }
    public func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        try await base.revocations(after: position)
    }
    public func value(for key: String) async throws -> [UInt8]? { try await base.value(for: key) }
    public func setValue(_ value: [UInt8]?, for key: String) async throws { try await base.setValue(value, for: key) }
    public func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] {
        try await base.values(withPrefix: prefix)
    }
    public func count(_ counter: Counter, upTo limit: Int) async throws -> Counted {
        try await base.count(counter, upTo: limit)
    }
    public func countAtOnce(_ counter: Counter, upTo limit: Int) -> Counted? {
        base.countAtOnce(counter, upTo: limit)
    }
    public func uncount(_ counter: Counter) { base.uncount(counter) }
    public func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted {
        try await base.take(amount, of: counter, upTo: limit)
    }
    public func giveBack(_ amount: Int, of counter: Counter) { base.giveBack(amount, of: counter) }
}
