import GatewayKit
import NIOConcurrencyHelpers

/// A store that forgets everything at exit. It shows what a store promises; one for service writes to a disk or a server.
final class ScratchStore: Store, Plugin {
    static let word = "scratch"

    private struct State {
        var purposes: [PaymentHash: String] = [:]
        var invoices: [PaymentHash: IssuedInvoice] = [:]
        /// The credential at index i has position i + 1.
        var revoked: [CredentialID] = []
        /// By bytes: two texts that Swift holds for equal are two keys.
        var values: [[UInt8]: [UInt8]] = [:]
        var counts: [String: Int] = [:]
    }

    private let state = NIOLockedValueBox(State())

    init(from settings: inout PolicyReader, _ services: Services) {}

    // MARK: Payments

    /// One step: of two callers at the same time only one finds nothing.
    func claim(_ payment: PaymentHash, for purpose: String, by credential: CredentialID?) async throws -> Claim {
        state.withLockedValue { state in
            guard let earlier = state.purposes[payment] else {
                state.purposes[payment] = purpose
                return .first
            }
            return earlier == purpose ? .again : .foreign
        }
    }

    func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        replace(payment, purpose, with: nil)
    }

    func purpose(of payment: PaymentHash) async throws -> String? {
        state.withLockedValue { $0.purposes[payment] }
    }

    func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        replace(payment, purpose, with: next)
    }

    private func replace(_ payment: PaymentHash, _ purpose: String, with next: String?) -> Bool {
        state.withLockedValue { state in
            guard state.purposes[payment] == purpose else { return false }
            state.purposes[payment] = next
            return true
        }
    }

    // MARK: Invoices

    func note(_ invoice: IssuedInvoice) {
        state.withLockedValue { state in
            let payment = invoice.invoice.paymentHash
            state.invoices[payment] = state.invoices[payment] ?? invoice
        }
    }

    /// Waits for what `note` has left to be written: nothing, here.
    func flush() async throws {}

    func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? {
        state.withLockedValue { $0.invoices[payment] }
    }

    func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool {
        state.withLockedValue { state in
            guard state.invoices[payment]?.state == .open else { return false }
            state.invoices[payment]?.state = .settled
            state.invoices[payment]?.settledAt = time
            return true
        }
    }

    // MARK: Revocations

    func revoke(_ credential: CredentialID, at time: WallTime) async throws {
        state.withLockedValue { state in
            if !state.revoked.contains(credential) { state.revoked.append(credential) }
        }
    }

    func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        state.withLockedValue { state in
            let count = Int64(state.revoked.count)
            return (Array(state.revoked.dropFirst(Int(min(max(0, position), count)))), max(position, count))
        }
    }

    // MARK: Values

    func value(for key: String) async throws -> [UInt8]? {
        state.withLockedValue { $0.values[Array(key.utf8)] }
    }

    func setValue(_ value: [UInt8]?, for key: String) async throws {
        state.withLockedValue { $0.values[Array(key.utf8)] = value }
    }

    func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] {
        state.withLockedValue { state in
            state.values.filter { $0.key.starts(with: prefix.utf8) }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
        }
    }

    // MARK: Counting

    func count(_ counter: Counter, upTo limit: Int) async throws -> Counted {
        try await take(1, of: counter, upTo: limit)
    }

    func uncount(_ counter: Counter) { giveBack(1, of: counter) }

    func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted {
        state.withLockedValue { state in
            let earlier = state.counts[counter.key] ?? 0
            guard amount <= limit - earlier else { return .full }
            state.counts[counter.key] = earlier + amount
            return .counted(left: limit - earlier - amount)
        }
    }

    func giveBack(_ amount: Int, of counter: Counter) {
        state.withLockedValue { $0.counts[counter.key]? -= amount }
    }
}
