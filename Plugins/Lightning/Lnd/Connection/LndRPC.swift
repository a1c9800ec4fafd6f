internal import GRPCCore
internal import GatewayKit
internal import GatewayRPC
internal import Logging

/// lnd by gRPC.
struct LndRPC: LndConnection {
    private let client: ServiceClient
    /// A client of its own for what stays open: a breaker waits for the call that tries.
    private let follower: ServiceClient
    private let metadata: Metadata

    /// So a connection that has died without a word is noticed in the end.
    private static let longestStream = Duration.seconds(3_600)

    /// Opens nothing.
    ///
    /// - Throws: `StartFailure` where the certificate cannot be used.
    init(_ settings: LndSettings, time: TimeSource, logger: Logger) throws {
        var service = ServiceSettings(
            settings.address.map { [$0] } ?? [],
            tls: ServiceTLS(pinned: settings.certificate),
            timeout: settings.timeout
        )
        service.answerLimit = .mebibytes(4)
        client = try ServiceClient(service, time: time, logger: logger)
        follower = try ServiceClient(service, time: time, logger: logger)
        metadata = ["macaroon": .string(settings.macaroon.text)]
    }

    func start() {
        client.start()
        follower.start()
    }

    func stop() async {
        // A subscription does not end by itself.
        await follower.stop(abruptly: true)
        await client.stop()
    }

    private func call<Answer: Sendable>(
        isRepeatable: Bool = true,
        timeout: Duration? = nil,
        of client: ServiceClient? = nil,
        _ method: @Sendable (ServiceConnection, CallOptions) async throws -> Answer
    ) async throws(LndFault) -> Answer {
        do throws(ServiceFailure) {
            return try await (client ?? self.client).call(isRepeatable: isRepeatable, timeout: timeout, method)
        } catch {
            throw LndFault(error)
        }
    }

    // MARK: Invoices

    func addInvoice(_ invoice: Lnrpc_Invoice) async throws(LndFault) -> Lnrpc_AddInvoiceResponse {
        try await call { connection, options in
            try await Lnrpc_Lightning.Client(wrapping: connection)
                .addInvoice(invoice, metadata: metadata, options: options)
        }
    }

    func lookupInvoice(_ payment: Lnrpc_PaymentHash) async throws(LndFault) -> Lnrpc_Invoice {
        try await call { connection, options in
            try await Lnrpc_Lightning.Client(wrapping: connection)
                .lookupInvoice(payment, metadata: metadata, options: options)
        }
    }

    func listInvoices(_ page: Lnrpc_ListInvoiceRequest) async throws(LndFault) -> Lnrpc_ListInvoiceResponse {
        try await call { connection, options in
            try await Lnrpc_Lightning.Client(wrapping: connection)
                .listInvoices(page, metadata: metadata, options: options)
        }
    }

    func subscribeInvoices(
        _ subscription: Lnrpc_InvoiceSubscription,
        _ each: @escaping @Sendable (Lnrpc_Invoice) async -> Bool
    ) async throws(LndFault) {
        // Ends by itself before the call does, which would be held against a node that is as well as it was.
        let timeout = Self.longestStream + .seconds(60)
        try await call(isRepeatable: false, timeout: timeout, of: follower) { connection, options in
            try await Lnrpc_Lightning.Client(wrapping: connection)
                .subscribeInvoices(subscription, metadata: metadata, options: options) { response in
                    _ = try await outcome(within: Self.longestStream) {
                        for try await invoice in response.messages {
                            guard await each(invoice) else { return }
                        }
                    }
                }
        }
    }

    // MARK: Held invoices

    func addHoldInvoice(
        _ invoice: Invoicesrpc_AddHoldInvoiceRequest
    ) async throws(LndFault) -> Invoicesrpc_AddHoldInvoiceResp {
        // A second one for the same payment is refused.
        try await call(isRepeatable: false) { connection, options in
            try await Invoicesrpc_Invoices.Client(wrapping: connection)
                .addHoldInvoice(invoice, metadata: metadata, options: options)
        }
    }

    func settleInvoice(_ message: Invoicesrpc_SettleInvoiceMsg) async throws(LndFault) {
        _ = try await call { connection, options in
            try await Invoicesrpc_Invoices.Client(wrapping: connection)
                .settleInvoice(message, metadata: metadata, options: options)
        }
    }

    func cancelInvoice(_ message: Invoicesrpc_CancelInvoiceMsg) async throws(LndFault) {
        _ = try await call { connection, options in
            try await Invoicesrpc_Invoices.Client(wrapping: connection)
                .cancelInvoice(message, metadata: metadata, options: options)
        }
    }

    // MARK: Payments

    func sendPayment(
        _ payment: Routerrpc_SendPaymentRequest,
        timeout: Duration
    ) async throws(LndFault) -> Lnrpc_Payment? {
        try await call(isRepeatable: false, timeout: timeout) { connection, options in
            try await Routerrpc_Router.Client(wrapping: connection)
                .sendPaymentV2(payment, metadata: metadata, options: options) { response -> Lnrpc_Payment? in
                    for try await update in response.messages where update.hasEnded { return update }
                    return nil
                }
        }
    }

    func trackPayment(_ payment: Routerrpc_TrackPaymentRequest) async throws(LndFault) -> Lnrpc_Payment? {
        try await call { connection, options in
            try await Routerrpc_Router.Client(wrapping: connection)
                .trackPaymentV2(payment, metadata: metadata, options: options) { response -> Lnrpc_Payment? in
                    for try await update in response.messages { return update }
                    return nil
                }
        }
    }
}

extension Lnrpc_Payment {
    var hasEnded: Bool { status == .succeeded || status == .failed }
}

extension LndFault {
    fileprivate init(_ failure: ServiceFailure) {
        switch failure.reason {
        case .refused(let code): self.init(.status(code.rawValue), failure.detail)
        case .malformed: self.init(.malformed, failure.description)
        case .unavailable, .timedOut, .breakerOpen, .busy, .withdrawn, .stopped, .offline:
            self.init(.unavailable, failure.description)
        }
    }
}
