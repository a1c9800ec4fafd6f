package import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// A node that may be slow or away: each question has an end, and one that goes on failing is not asked for a while
/// (`CircuitBreaker`), so that who wants to buy is told at once. What was sold needs no node, and goes on.
package final class AttendedBackend: ForwardingBackend {
    package let base: any LightningBackend
    private let name: String
    private let invoicePatience: Duration
    /// For a question to the node.
    private static let patience = Duration.seconds(5)
    /// Beyond the time that a node is given to pay.
    private static let paymentSlack = Duration.seconds(15)
    private let time: TimeSource
    private let logger: Logger
    private let breaker: NIOLockedValueBox<CircuitBreaker>

    /// - Parameters:
    ///   - base: the node.
    ///   - name: for the log.
    ///   - invoicePatience: how long it may take to make an invoice.
    ///   - time: what the pauses are counted by.
    ///   - logger: hears when the node goes away and comes back.
    package init(
        _ base: any LightningBackend,
        name: String,
        invoicePatience: Duration = .seconds(8),
        time: TimeSource,
        logger: Logger
    ) {
        self.base = base
        self.name = name
        self.invoicePatience = invoicePatience
        self.time = time
        self.logger = logger
        var settings = CircuitBreaker.Settings()
        settings.failures = 3
        // Those who want to buy wait for it.
        settings.longestPause = .seconds(10)
        breaker = NIOLockedValueBox(CircuitBreaker(settings))
    }

    package var isAttended: Bool { true }

    /// False while the node is not asked. Tries nothing.
    package var isAvailable: Bool {
        let now = time.uptime()
        return breaker.withLockedValue { breaker in
            switch breaker.state {
            case .closed: true
            case .open(let end, _): now >= end
            case .halfOpen: false
            }
        }
    }

    // MARK: Asking

    package func makeInvoice(for amount: Amount, memo: String, expiresIn: Duration) async throws -> Invoice {
        try await answer(within: invoicePatience) { [base] in
            try await base.makeInvoice(for: amount, memo: memo, expiresIn: expiresIn)
        }
    }

    package func makeHoldInvoice(
        for amount: Amount,
        payment: PaymentHash,
        memo: String,
        expiresIn: Duration
    ) async throws -> Invoice {
        try await answer(within: invoicePatience) { [base] in
            try await base.makeHoldInvoice(for: amount, payment: payment, memo: memo, expiresIn: expiresIn)
        }
    }

    package func isSettled(_ payment: PaymentHash) async throws -> Bool {
        try await answer(within: Self.patience) { [base] in try await base.isSettled(payment) }
    }

    package func invoiceState(_ payment: PaymentHash) async throws -> InvoiceState {
        try await answer(within: Self.patience) { [base] in try await base.invoiceState(payment) }
    }

    package func settlementsEnd() async throws -> SettlementCursor {
        try await answer(within: Self.patience) { [base] in try await base.settlementsEnd() }
    }

    package func payment(_ payment: PaymentHash) async throws -> PaymentState {
        try await answer(within: Self.patience) { [base] in try await base.payment(payment) }
    }

    package func pay(_ bolt11: String, amount: Amount?, feeLimit: Amount, patience: Duration) async throws -> Payment {
        // A payment that does not arrive in time says nothing about the node: its payee may hold it.
        try await answer(within: patience + Self.paymentSlack, isTelling: false) { [base] in
            try await base.pay(bolt11, amount: amount, feeLimit: feeLimit, patience: patience)
        }
    }

    package func settleInvoice(with preimage: Preimage) async throws {
        try await answer(within: Self.patience) { [base] in try await base.settleInvoice(with: preimage) }
    }

    package func cancelInvoice(_ payment: PaymentHash) async throws {
        try await answer(within: Self.patience) { [base] in try await base.cancelInvoice(payment) }
    }

    package func probe() async throws {
        try await answer(within: Self.patience) { [base] in try await base.probe() }
    }

    // MARK: Judging

    /// - Parameter isTelling: whether a failure says that the node is away.
    /// - Throws: `LightningFailure` where the node is not asked or does not answer in time, and what it says.
    private func answer<Value: Sendable>(
        within patience: Duration,
        isTelling: Bool = true,
        _ ask: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let permit = permit(isTelling) else {
            throw LightningFailure(.unavailable, "\(name) has not answered for a while and is asked again soon")
        }
        do {
            let value = try await bounded(by: patience, ask)
            note { $0.succeeded(permit) }
            return value
        } catch let failure as LightningFailure where failure.reason != .unavailable {
            // An answer, if not the one that was wanted.
            note { $0.succeeded(permit) }
            throw failure
        } catch  where error is CancellationError || Task.isCancelled {
            // Whatever the backend makes of it, it says nothing about the node.
            note { $0.withdrew(permit, at: self.time.uptime()) }
            throw error
        } catch {
            let now = time.uptime()
            if isTelling {
                note(error) { $0.failed(permit, at: now, chance: .random(in: 0...1)) }
            } else {
                note { $0.withdrew(permit, at: now) }
            }
            throw error as? LightningFailure ?? LightningFailure(.unavailable, "\(name): \(error)")
        }
    }

    /// Of a node that was away a payment does not find out whether it is back: it may take a minute, in which nothing would be
    /// sold.
    private func permit(_ isTelling: Bool) -> CircuitBreaker.Permit? {
        breaker.withLockedValue { breaker in
            if isTelling { return breaker.permit(at: time.uptime()) }
            if case .closed = breaker.state { return .usual }
            return nil
        }
    }

    private func bounded<Value: Sendable>(
        by patience: Duration,
        _ ask: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { [name] group in
            group.addTask { try await ask() }
            group.addTask {
                try await Task.sleep(for: patience)
                throw LightningFailure(.unavailable, "no answer of \(name) in \(patience.formattedForPolicy)")
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    private func note(_ failure: (any Error)? = nil, _ change: (inout CircuitBreaker) -> Void) {
        let (before, after) = breaker.withLockedValue { breaker in
            let before = breaker.state
            change(&breaker)
            return (before, breaker.state)
        }
        switch (before, after) {
        case (.closed, .open):
            logger.error(
                "the node does not answer: nothing is sold by it, what was sold is served",
                metadata: failure.map(reason) ?? node
            )
        case (.halfOpen, .closed):
            logger.notice("the node answers again", metadata: node)
        case (.closed, .closed):
            // The first few of a row; what comes after those is told of above.
            if let failure { logger.warning("a question to the node failed", metadata: reason(failure)) }
        default: break
        }
    }

    private var node: Logger.Metadata { ["node": "\(name)"] }

    private func reason(_ failure: any Error) -> Logger.Metadata { ["node": "\(name)", "reason": "\(failure)"] }
}
