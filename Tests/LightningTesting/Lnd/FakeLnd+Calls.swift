internal import GRPCCore
internal import GatewayKit
internal import Lightning
internal import NIOConcurrencyHelpers
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// What it answers, by whichever interface it was asked. What it throws is an `RPCError`.
extension FakeLnd {
    /// What lnd says with status UNKNOWN: of almost everything.
    private static func unknown(_ message: String) -> RPCError { RPCError(code: .unknown, message: message) }

    private static func hash(_ bytes: Data) throws -> PaymentHash {
        guard let hash = Bytes32(bytes) else { throw unknown("invalid hash length") }
        return PaymentHash(hash)
    }

    // MARK: Invoices

    func add(_ asked: Lnrpc_Invoice) throws -> Lnrpc_AddInvoiceResponse {
        let entry = try invoice(
            asked.memo,
            asked.valueMsat,
            expiry: asked.expiry,
            hasHints: asked.private,
            payment: nil
        )
        let told = faults.lie == .hash ? Bytes32.random() : entry.hash.bytes
        return .with {
            $0.rHash = Data(told.array)
            $0.paymentRequest = entry.bolt11
            $0.addIndex = entry.addIndex
        }
    }

    func lookUp(_ bytes: Data) throws -> Lnrpc_Invoice {
        let hash = try Self.hash(bytes)
        let now = time.now()
        let found = books.withLockedValue { books in
            books.entries[hash].map { books.message(of: $0, at: now) }
        }
        guard var invoice = found else { throw RPCError(code: .notFound, message: "unable to locate invoice") }
        let faults = faults
        if faults.misreads { invoice.rHash = Data(Bytes32.random().array) }
        if faults.isGenerous {
            invoice.state = .settled
            invoice.amtPaidMsat = invoice.valueMsat - 1
        }
        return invoice
    }

    func page(_ request: Lnrpc_ListInvoiceRequest) -> Lnrpc_ListInvoiceResponse {
        books.withLockedValue { $0.page(request) }
    }

    /// Tells of invoices until the stream is told to finish.
    ///
    /// - Parameter opened: gets what ends it, before it begins.
    func subscribe(
        _ subscription: Lnrpc_InvoiceSubscription,
        opened: (@escaping @Sendable () -> Void) -> Void,
        _ tell: (Lnrpc_Invoice) async throws -> Void
    ) async throws {
        let (stream, follower) = AsyncStream.makeStream(of: Lnrpc_Invoice.self)
        let (backlog, id) = books.withLockedValue { $0.follow(behind: subscription.settleIndex, follower) }
        defer { books.withLockedValue { $0.leave(id) } }
        opened { follower.finish() }
        for invoice in backlog {
            books.withLockedValue { $0.note(invoice) }
            try await tell(invoice)
        }
        for await invoice in stream {
            books.withLockedValue { $0.note(invoice) }
            try await tell(invoice)
        }
    }

    // MARK: Held invoices

    func hold(_ asked: Invoicesrpc_AddHoldInvoiceRequest) throws -> Invoicesrpc_AddHoldInvoiceResp {
        let entry = try invoice(
            asked.memo,
            asked.valueMsat,
            expiry: asked.expiry,
            hasHints: asked.private,
            payment: try Self.hash(asked.hash)
        )
        return .with {
            $0.paymentRequest = entry.bolt11
            $0.addIndex = entry.addIndex
        }
    }

    func settle(_ message: Invoicesrpc_SettleInvoiceMsg) throws {
        guard let bytes = Bytes32(message.preimage) else { throw Self.unknown("invalid preimage length") }
        let preimage = Preimage(bytes)
        let hash = PaymentHash(Self.hash(of: preimage))
        let now = time.now()
        let payer = try books.withLockedValue { books -> FakeLndBooks.Payer? in
            guard var entry = books.entries[hash] else { throw Self.unknown("unable to locate invoice") }
            switch entry.state {
            case .accepted: break
            case .settled: return nil
            case .canceled: throw Self.unknown("invoice already canceled")
            case .open, .UNRECOGNIZED: throw Self.unknown("invoice still open")
            }
            entry.preimage = preimage
            books.settle(entry, at: now)
            return books.takePayer(of: hash)
        }
        payer?.resume()
    }

    func cancel(_ message: Invoicesrpc_CancelInvoiceMsg) throws {
        let hash = try Self.hash(message.paymentHash)
        let payer = try books.withLockedValue { books -> FakeLndBooks.Payer? in
            guard let entry = books.entries[hash] else { throw Self.unknown("unable to locate invoice") }
            guard entry.state != .settled else { throw Self.unknown("invoice already settled") }
            books.cancel(hash)
            return books.takePayer(of: hash)
        }
        payer?.resume(throwing: LightningFailure(.refused, "incorrect_or_unknown_payment_details"))
    }

    // MARK: Payments

    /// 1 satoshi, for whatever is paid.
    private static let fee: Int64 = 1_000

    /// What is told of a payment that was asked for.
    func send(_ asked: Routerrpc_SendPaymentRequest) throws -> Lnrpc_Payment {
        let invoice = try Bolt11Invoice(decoding: asked.paymentRequest)
        guard (invoice.amount == nil) == (asked.amtMsat > 0) else {
            throw Self.unknown("amount must not be specified when paying a non-zero invoice")
        }
        let faults = faults
        let preimage = foreign.withLockedValue { $0[invoice.paymentHash] }
        var payment = Lnrpc_Payment.with {
            $0.paymentHash = invoice.paymentHash.description
            $0.paymentPreimage = Bytes32.zero.hex
            $0.valueMsat = invoice.amount.map { Int64(clamping: $0.millisatoshis) } ?? asked.amtMsat
            $0.status = .failed
            $0.failureReason = .failureReasonNoRoute
        }
        if let preimage, asked.feeLimitMsat >= Self.fee, !faults.failsPayments {
            payment.status = .succeeded
            payment.failureReason = .failureReasonNone
            payment.feeMsat = Self.fee
            payment.paymentPreimage = preimage.bytes.hex
        }
        if case .hangs = faults.payments { payment.status = .inFlight }
        let made = payment
        try books.withLockedValue { books in
            if let earlier = books.payments[invoice.paymentHash], earlier.status != .failed {
                let isPaid = earlier.status == .succeeded
                throw RPCError(
                    code: .alreadyExists,
                    message: isPaid ? "invoice is already paid" : "payment is in transition"
                )
            }
            books.payments[invoice.paymentHash] = made
        }
        if case .isUntold = faults.payments {
            throw RPCError(code: .unavailable, message: "the connection is gone")
        }
        if case .lies = faults.payments { payment.paymentPreimage = Bytes32.random().hex }
        return payment
    }

    func track(_ bytes: Data) throws -> Lnrpc_Payment {
        let hash = try Self.hash(bytes)
        guard let payment = books.withLockedValue({ $0.payments[hash] }) else {
            throw RPCError(code: .notFound, message: "payment isn't initiated")
        }
        return payment
    }
}

extension FakeLndFaults {
    fileprivate var failsPayments: Bool {
        if case .fails = payments { true } else { false }
    }
}
