internal import GRPCCore
internal import GatewayKit
internal import Lightning
internal import NIOConcurrencyHelpers
internal import SwiftProtobuf

/// The service of a fake lnd that pays.
struct FakeRouter: Routerrpc_Router.ServiceProtocol {
    let lnd: FakeLnd

    /// 1 satoshi, for whatever is paid.
    private static let fee: Int64 = 1_000

    func sendPaymentV2(
        request: ServerRequest<Routerrpc_SendPaymentRequest>,
        context: ServerContext
    ) async throws -> StreamingServerResponse<Lnrpc_Payment> {
        try await lnd.admit(request.metadata, context)
        let asked = request.message
        let invoice = try Bolt11Invoice(decoding: asked.paymentRequest)
        guard (invoice.amount == nil) == (asked.amtMsat > 0) else {
            throw RPCError(code: .unknown, message: "amount must not be specified when paying a non-zero invoice")
        }
        let value = invoice.amount.map { Int64($0.millisatoshis) } ?? asked.amtMsat
        let faults = lnd.faults
        let preimage = lnd.foreign.withLockedValue { $0[invoice.paymentHash] }
        let end = try lnd.books.withLockedValue { books -> Lnrpc_Payment in
            if let earlier = books.payments[invoice.paymentHash], earlier.status != .failed {
                let isPaid = earlier.status == .succeeded
                throw RPCError(
                    code: .alreadyExists,
                    message: isPaid ? "invoice is already paid" : "payment is in transition"
                )
            }
            var payment = Lnrpc_Payment.with {
                $0.paymentHash = invoice.paymentHash.description
                $0.paymentPreimage = Bytes32.zero.hex
                $0.valueMsat = value
                $0.status = .failed
                $0.failureReason = .failureReasonNoRoute
            }
            if let preimage, asked.feeLimitMsat >= Self.fee, !Self.isFailing(faults) {
                payment.status = .succeeded
                payment.failureReason = .failureReasonNone
                payment.feeMsat = Self.fee
                payment.paymentPreimage = preimage.bytes.hex
            }
            if case .hangs = faults.payments { payment.status = .inFlight }
            books.payments[invoice.paymentHash] = payment
            return payment
        }
        if case .isUntold = faults.payments {
            throw RPCError(code: .unavailable, message: "the connection is gone")
        }
        return StreamingServerResponse { writer in
            var told = end
            if case .lies = faults.payments { told.paymentPreimage = Bytes32.random().hex }
            if told.status == .inFlight {
                try await context.cancellation.cancelled
                return [:]
            }
            try await writer.write(told)
            return [:]
        }
    }

    private static func isFailing(_ faults: FakeLndFaults) -> Bool {
        if case .fails = faults.payments { true } else { false }
    }

    func trackPaymentV2(
        request: ServerRequest<Routerrpc_TrackPaymentRequest>,
        context: ServerContext
    ) async throws -> StreamingServerResponse<Lnrpc_Payment> {
        try await lnd.admit(request.metadata, context)
        guard let hash = Bytes32(request.message.paymentHash) else {
            throw RPCError(code: .unknown, message: "invalid hash length")
        }
        guard let payment = lnd.books.withLockedValue({ $0.payments[PaymentHash(hash)] }) else {
            throw RPCError(code: .notFound, message: "payment isn't initiated")
        }
        return StreamingServerResponse { writer in
            try await writer.write(payment)
            // One that has not ended stays open.
            if payment.status == .inFlight { try await context.cancellation.cancelled }
            return [:]
        }
    }
}
