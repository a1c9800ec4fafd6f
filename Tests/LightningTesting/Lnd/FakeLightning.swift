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

/// The main service of a fake lnd.
struct FakeLightning: Lnrpc_Lightning.ServiceProtocol {
    let lnd: FakeLnd

    func addInvoice(
        request: ServerRequest<Lnrpc_Invoice>,
        context: ServerContext
    ) async throws -> ServerResponse<Lnrpc_AddInvoiceResponse> {
        try await lnd.admit(request.metadata, context)
        let asked = request.message
        let entry = try lnd.invoice(
            asked.memo,
            asked.valueMsat,
            expiry: asked.expiry,
            hasHints: asked.private,
            payment: nil
        )
        let told = lnd.faults.lie == .hash ? Bytes32.random() : entry.hash.bytes
        return ServerResponse(
            message: .with {
                $0.rHash = Data(told.array)
                $0.paymentRequest = entry.bolt11
                $0.addIndex = entry.addIndex
            }
        )
    }

    func lookupInvoice(
        request: ServerRequest<Lnrpc_PaymentHash>,
        context: ServerContext
    ) async throws -> ServerResponse<Lnrpc_Invoice> {
        try await lnd.admit(request.metadata, context)
        guard let hash = Bytes32(request.message.rHash) else {
            throw RPCError(code: .unknown, message: "payment hash must be exactly 32 bytes")
        }
        let faults = lnd.faults
        let now = lnd.time.now()
        let found = lnd.books.withLockedValue { books in
            books.entries[PaymentHash(hash)].map { books.message(of: $0, at: now) }
        }
        guard var invoice = found else { throw RPCError(code: .notFound, message: "unable to locate invoice") }
        if faults.misreads { invoice.rHash = Data(Bytes32.random().array) }
        if faults.isGenerous {
            invoice.state = .settled
            invoice.amtPaidMsat = invoice.valueMsat - 1
        }
        return ServerResponse(message: invoice)
    }

    func listInvoices(
        request: ServerRequest<Lnrpc_ListInvoiceRequest>,
        context: ServerContext
    ) async throws -> ServerResponse<Lnrpc_ListInvoiceResponse> {
        try await lnd.admit(request.metadata, context)
        return ServerResponse(message: lnd.books.withLockedValue { $0.page(request.message) })
    }

    func subscribeInvoices(
        request: ServerRequest<Lnrpc_InvoiceSubscription>,
        context: ServerContext
    ) async throws -> StreamingServerResponse<Lnrpc_Invoice> {
        try await lnd.admit(request.metadata, context)
        let index = request.message.settleIndex
        return StreamingServerResponse { [lnd] writer in
            let (stream, follower) = AsyncStream.makeStream(of: Lnrpc_Invoice.self)
            let (backlog, id) = lnd.books.withLockedValue { $0.follow(behind: index, follower) }
            defer { lnd.books.withLockedValue { $0.leave(id) } }
            try await withRPCCancellationHandler {
                for invoice in backlog {
                    lnd.books.withLockedValue { $0.sent += 1 }
                    try await writer.write(invoice)
                }
                for await invoice in stream {
                    lnd.books.withLockedValue { $0.sent += 1 }
                    try await writer.write(invoice)
                }
            } onCancelRPC: {
                follower.finish()
            }
            return [:]
        }
    }
}
