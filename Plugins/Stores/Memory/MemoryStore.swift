package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// A store for tests and trials. It forgets at exit: a paid single-use credential could be taken twice, once before and
/// once after a restart, and what was revoked counts again.
package final class MemoryStore: Store, Plugin {
    package static let word = "memory"

    private struct State {
        /// What each payment was claimed for.
        var claims = [PaymentHash: String]()
        /// By which credentials they were claimed, where that was said.
        var credentials = [PaymentHash: CredentialID]()
        var invoices = [PaymentHash: IssuedInvoice]()
        /// Of the invoices that may be forgotten one day, the oldest first. May hold some that were paid since.
        var order = CircularBuffer<PaymentHash>()
        var revoked = Set<CredentialID>()
        /// The credential at index i has position i + 1.
        var revocations = [CredentialID]()
        /// By bytes: two texts that Swift holds for equal (composed and decomposed letters) are two keys.
        var values = [[UInt8]: [UInt8]]()
        var sessions = SessionTable()
        var meters = MeterTable()
        var ledger = MemoryLedger()

        mutating func book(_ entry: LedgerEntry, takesAmount: Bool = false) {
            var entry = entry
            if let issued = invoices[entry.payment] {
                entry.complete(with: issued)
                if takesAmount { entry.amount = issued.invoice.amount }
            }
            ledger.append(entry)
        }

        /// About the claim of a payment.
        mutating func book(_ kind: LedgerEntry.Kind, _ payment: PaymentHash, _ detail: String, at time: WallTime) {
            book(
                LedgerEntry(
                    kind,
                    of: .zero,
                    payment: payment,
                    at: time,
                    credential: credentials[payment],
                    detail: detail
                ),
                takesAmount: true
            )
        }
    }

    private let state = NIOLockedValueBox(State())
    let counts = NIOLockedValueBox(MemoryCounts())
    let time: TimeSource
    private let capacity: Int

    /// - Parameter capacity: open invoices at the most; for more the oldest are forgotten before their time.
    package init(time: TimeSource = .system, capacity: Int = 100_000) {
        self.time = time
        self.capacity = capacity
    }

    package convenience init(from settings: inout PolicyReader, _ services: Services) throws {
        self.init(time: services.time)
    }

    package func claim(
        _ payment: PaymentHash,
        for purpose: String,
        by credential: CredentialID?
    ) async throws -> Claim {
        let now = time.now()
        return state.withLockedValue { state in
            guard let earlier = state.claims[payment] else {
                state.claims[payment] = purpose
                state.credentials[payment] = credential
                state.book(.claim, payment, purpose, at: now)
                return .first
            }
            return earlier == purpose ? .again : .foreign
        }
    }

    package func release(_ payment: PaymentHash, for purpose: String) async throws -> Bool {
        let now = time.now()
        return state.withLockedValue { state in
            guard state.claims[payment] == purpose else { return false }
            state.claims[payment] = nil
            state.book(.release, payment, purpose, at: now)
            state.credentials[payment] = nil
            return true
        }
    }

    package func purpose(of payment: PaymentHash) async throws -> String? {
        state.withLockedValue { $0.claims[payment] }
    }

    package func move(_ payment: PaymentHash, from purpose: String, to next: String) async throws -> Bool {
        let now = time.now()
        return state.withLockedValue { state in
            guard state.claims[payment] == purpose else { return false }
            state.claims[payment] = next
            state.book(.move, payment, next, at: now)
            return true
        }
    }

    package func note(_ invoice: IssuedInvoice) {
        let payment = invoice.invoice.paymentHash
        let cutoff = Retention.cutoff(at: time.now())
        state.withLockedValue { state in
            guard state.invoices[payment] == nil else { return }
            state.invoices[payment] = invoice
            state.order.append(payment)
            state.book(LedgerEntry(quoting: invoice))
            forget(before: cutoff, &state)
        }
    }

    /// Forgets open invoices that ended long ago, a few at a time.
    private func forget(before cutoff: WallTime, _ state: inout State) {
        // Two for each that comes, so that they become fewer.
        for _ in 0..<2 {
            guard state.order.count > 1, let oldest = state.order.first, let invoice = state.invoices[oldest] else {
                return
            }
            let stays = invoice.state == .settled || state.claims[oldest] != nil
            guard stays || invoice.invoice.expiresAt < cutoff || state.order.count > capacity else { return }
            state.order.removeFirst()
            if !stays { state.invoices[oldest] = nil }
        }
    }

    package var sessions: any SessionLedger { MemorySessionLedger(store: self) }

    package var books: any Books { MemoryBooks(store: self) }

    func withLedger<Result>(_ body: (MemoryLedger) -> Result) -> Result {
        state.withLockedValue { body($0.ledger) }
    }

    /// The sessions and the claims, which change together.
    func withSessions<Result>(_ body: (inout SessionTable, inout [PaymentHash: String]) -> Result) -> Result {
        withBookedSessions { sessions, claims, _ in body(&sessions, &claims) }
    }

    /// The same with what is to be booked of it.
    func withBookedSessions<Result>(
        _ body: (inout SessionTable, inout [PaymentHash: String], inout [LedgerEntry]) -> Result
    ) -> Result {
        state.withLockedValue { state in
            var entries = [LedgerEntry]()
            let result = body(&state.sessions, &state.claims, &entries)
            for entry in entries { state.book(entry) }
            return result
        }
    }

    package var meters: any MeterLedger { MemoryMeterLedger(store: self) }

    func withMeters<Result>(_ body: (inout MeterTable) -> Result) -> Result {
        withBookedMeters { meters, _ in body(&meters) }
    }

    /// The same with what is to be booked of it.
    func withBookedMeters<Result>(_ body: (inout MeterTable, inout [LedgerEntry]) -> Result) -> Result {
        state.withLockedValue { state in
            var entries = [LedgerEntry]()
            let result = body(&state.meters, &entries)
            for entry in entries { state.book(entry) }
            return result
        }
    }

    package func flush() async throws {}

    package func invoice(_ payment: PaymentHash) async throws -> IssuedInvoice? {
        state.withLockedValue { $0.invoices[payment] }
    }

    package func settle(_ payment: PaymentHash, at time: WallTime) async throws -> Bool {
        state.withLockedValue { state in
            guard state.invoices[payment]?.state == .open else { return false }
            state.invoices[payment]?.state = .settled
            state.invoices[payment]?.settledAt = time
            state.book(LedgerEntry(.settlement, of: .zero, payment: payment, at: time), takesAmount: true)
            return true
        }
    }

    package func revoke(_ credential: CredentialID, at time: WallTime) async throws {
        state.withLockedValue { state in
            if state.revoked.insert(credential).inserted {
                state.revocations.append(credential)
            }
        }
    }

    package func revocations(after position: Int64) async throws -> (credentials: [CredentialID], position: Int64) {
        state.withLockedValue { state in
            let count = state.revocations.count
            let start = min(max(0, position), Int64(count))
            return (Array(state.revocations[Int(start)...]), max(position, Int64(count)))
        }
    }

    package func value(for key: String) async throws -> [UInt8]? {
        state.withLockedValue { $0.values[Array(key.utf8)] }
    }

    package func setValue(_ value: [UInt8]?, for key: String) async throws {
        state.withLockedValue { $0.values[Array(key.utf8)] = value }
    }

    package func values(withPrefix prefix: String) async throws -> [(key: String, value: [UInt8])] {
        let prefix = Array(prefix.utf8)
        return state.withLockedValue { state in
            state.values.filter { $0.key.starts(with: prefix) }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }
                .map { (String(decoding: $0.key, as: UTF8.self), $0.value) }
        }
    }
}
