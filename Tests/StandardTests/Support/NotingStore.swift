import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A store that remembers the invoices that were noted and refuses everything else.
final class NotingStore: Store {
    private let refusing = RefusingStore()
    private let invoices = NIOLockedValueBox<[IssuedInvoice]>([])

    var noted: [IssuedInvoice] { invoices.withLockedValue { $0 } }

    func note(_ invoice: IssuedInvoice) {
        invoices.withLockedValue { $0.append(invoice) }
    }

    func claim(_ payment: PaymentHash, for purpose: String) async throws -> Claim {
        try await refusing.claim(payment, for: purpose)
    }
    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        try await refusing.release(payment, for: purpose)
    }
    func purpose(of payment: PaymentHash) async throws -> String? { try await refusing.purpose(of: payment) }
    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        try await refusing.move(payment, from: purpose, to: next)
    }
    func flush() async throws { try await refusing.flush() }
    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? { try await refusing.invoice(payment) }
    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool {
        try await refusing.settle(payment, at: time)
    }
    func revoke(_ credential: CredentialID, at time: WallTime) async throws {
        try await refusing.revoke(credential, at: time)
    }
    func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        try await refusing.revocations(after: position)
    }
    func value(for key: String) async throws -> [UInt8]? { try await refusing.value(for: key) }
    func setValue(_ value: [UInt8]?, for key: String) async throws { try await refusing.setValue(value, for: key) }
    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] {
        try await refusing.values(withPrefix: prefix)
    }
}
