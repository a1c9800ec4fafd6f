public import GatewayKit

/// What every Lightning backend must do, for the tests of a backend to run:
///
/// ```swift
/// @Test(arguments: LightningConformance.Check.allCases)
/// func `keeps a backend's promises`(_ check: LightningConformance.Check) async throws {
///     let backend = MyBackend()
///     try await backend.start()
///     try await LightningConformance(of: backend) { try await somebody.pay($0.bolt11) }.run(check)
/// }
/// ```
///
/// Each check makes its own invoices, so they may share a backend that lives. It must be started, and must not be paid by
/// anybody else while a check runs. What a backend does not claim to be able to (`capabilities`), it must refuse.
public struct LightningConformance: Sendable {
    public enum Check: String, CaseIterable, Sendable {
        case invoicesAskForTheAmount, invoicesPassTheCheck, hashesAreDistinct, amountsAreRefused, invoicesAreRead
        case settlingIsSeen, unknownPaymentsAreOpen, invoicesArePaidOnce
        case settlementsArriveOnce, settlementsResume, settlementsBeginAtTheEnd
        case holdsAreSettled, holdsAreCancelled, openInvoicesAreCancelled, holdsAreUnique
        case refundsArePaidOnce
    }

    let backend: any LightningBackend
    let time: TimeSource
    let pay: @Sendable (Invoice) async throws -> Void
    let foreignInvoice: (@Sendable (Amount) async throws -> String)?

    /// - Parameters:
    ///   - backend: has started.
    ///   - time: the clock of the backend; invoices are checked against it to the minute.
    ///   - foreignInvoice: an invoice that the backend can pay. Without one, what concerns refunds is left out.
    ///   - pay: pays an invoice of the backend, from wherever it takes the money: returns once it is settled, and throws
    ///     when it is refused.
    public init(
        of backend: any LightningBackend,
        time: TimeSource = .system,
        foreignInvoice: (@Sendable (Amount) async throws -> String)? = nil,
        pay: @escaping @Sendable (Invoice) async throws -> Void
    ) {
        self.backend = backend
        self.time = time
        self.foreignInvoice = foreignInvoice
        self.pay = pay
    }

    /// Runs every check.
    ///
    /// - Throws: one `ConformanceFailure` with a line for each check that failed.
    public func run() async throws {
        var failures = [String]()
        for check in Check.allCases {
            do {
                try await run(check)
            } catch {
                failures.append("\(check.rawValue): \(error)")
            }
        }
        guard failures.isEmpty else { throw ConformanceFailure(failures.joined(separator: "\n")) }
    }

    /// - Throws: `ConformanceFailure`, or what the backend threw.
    public func run(_ check: Check) async throws {
        switch check {
        case .invoicesAskForTheAmount: try await invoicesAskForTheAmount()
        case .invoicesPassTheCheck: try await invoicesPassTheCheck()
        case .hashesAreDistinct: try await hashesAreDistinct()
        case .amountsAreRefused: try await amountsAreRefused()
        case .invoicesAreRead: try await invoicesAreRead()
        case .settlingIsSeen: try await settlingIsSeen()
        case .unknownPaymentsAreOpen: try await unknownPaymentsAreOpen()
        case .invoicesArePaidOnce: try await invoicesArePaidOnce()
        case .settlementsArriveOnce: try await settlementsArriveOnce()
        case .settlementsResume: try await settlementsResume()
        case .settlementsBeginAtTheEnd: try await settlementsBeginAtTheEnd()
        case .holdsAreSettled: try await holdsAreSettled()
        case .holdsAreCancelled: try await holdsAreCancelled()
        case .openInvoicesAreCancelled: try await openInvoicesAreCancelled()
        case .holdsAreUnique: try await holdsAreUnique()
        case .refundsArePaidOnce: try await refundsArePaidOnce()
        }
    }

    // MARK: For the checks

    static let memo = "conformance"
    static let tenSatoshis = Amount(millisatoshis: 10_000)

    func invoice() async throws -> Invoice {
        try await backend.makeInvoice(for: Self.tenSatoshis, memo: Self.memo, expiresIn: .seconds(600))
    }

    /// A node may take a moment to say that a payment has arrived whose payer knows it already.
    func isSettledSoon(_ payment: PaymentHash) async throws -> Bool { try await backend.isSettledSoon(payment) }

    func require(_ condition: Bool, _ description: String) throws {
        guard condition else { throw ConformanceFailure(description) }
    }

    func requireFailure(_ description: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            return
        }
        throw ConformanceFailure(description)
    }

    /// What a backend says that it does not do.
    func requireRefusal(_ description: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as LightningFailure where failure.reason == .refused {
            return
        } catch {
            throw ConformanceFailure("\(description): it should be refused, not fail with \(error)")
        }
        throw ConformanceFailure(description)
    }
}
