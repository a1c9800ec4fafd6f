import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// The store of one process: once that is killed, nothing of it reaches what the next process finds.
final class SeverableStore: ForwardingStore {
    let base: any Store
    private let keepsBooks: Bool
    private let severed = NIOLockedValueBox(false)

    /// - Parameter keepsBooks: false for one whose books nobody may read, as if it kept none.
    init(_ base: any Store, keepsBooks: Bool = true) {
        self.base = base
        self.keepsBooks = keepsBooks
    }

    var books: any Books { keepsBooks ? base.books : NoBooks() }

    var isSevered: Bool { severed.withLockedValue { $0 } }

    func sever() { severed.withLockedValue { $0 = true } }

    private func check() throws {
        if isSevered { throw StoreFailure("the process was killed") }
    }

    // The base is opened once for all processes.
    func start() async throws {}
    func stop() async {}

    func claim(_ payment: PaymentHash, for purpose: String, by credential: CredentialID?) async throws -> Claim {
        try check()
        return try await base.claim(payment, for: purpose, by: credential)
    }
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        try check()
        return try await base.release(payment, for: purpose)
    }
    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        try check()
        return try await base.move(payment, from: purpose, to: next)
    }
    func note(_ invoice: IssuedInvoice) {
        if (try? check()) != nil { base.note(invoice) }
    }
    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool {
        try check()
        return try await base.settle(payment, at: time)
    }
    func setValue(_ value: [UInt8]?, for key: String) async throws {
        try check()
        try await base.setValue(value, for: key)
    }
}
