internal import GRPCCore
internal import GatewayKit
internal import Lightning
internal import NIOConcurrencyHelpers
internal import SwiftProtobuf

/// The service of a fake lnd for held invoices.
struct FakeInvoices: Invoicesrpc_Invoices.ServiceProtocol {
    let lnd: FakeLnd

    func addHoldInvoice(
        request: ServerRequest<Invoicesrpc_AddHoldInvoiceRequest>,
        context: ServerContext
    ) async throws -> ServerResponse<Invoicesrpc_AddHoldInvoiceResp> {
        try await lnd.admit(request.metadata, context)
        let asked = request.message
        guard let hash = Bytes32(asked.hash) else {
            throw RPCError(code: .unknown, message: "invalid hash length")
        }
        let entry = try lnd.invoice(
            asked.memo,
            asked.valueMsat,
            expiry: asked.expiry,
            hasHints: asked.private,
            payment: PaymentHash(hash)
        )
        return ServerResponse(
            message: .with {
                $0.paymentRequest = entry.bolt11
                $0.addIndex = entry.addIndex
            }
        )
    }

    func settleInvoice(
        request: ServerRequest<Invoicesrpc_SettleInvoiceMsg>,
        context: ServerContext
    ) async throws -> ServerResponse<Invoicesrpc_SettleInvoiceResp> {
        try await lnd.admit(request.metadata, context)
        guard let bytes = Bytes32(request.message.preimage) else {
            throw RPCError(code: .unknown, message: "invalid preimage length")
        }
        let preimage = Preimage(bytes)
        let hash = PaymentHash(FakeLnd.hash(of: preimage))
        let now = lnd.time.now()
        let payer = try lnd.books.withLockedValue { books -> FakeLndBooks.Payer? in
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
        return ServerResponse(message: Invoicesrpc_SettleInvoiceResp())
    }

    func cancelInvoice(
        request: ServerRequest<Invoicesrpc_CancelInvoiceMsg>,
        context: ServerContext
    ) async throws -> ServerResponse<Invoicesrpc_CancelInvoiceResp> {
        try await lnd.admit(request.metadata, context)
        guard let bytes = Bytes32(request.message.paymentHash) else {
            throw RPCError(code: .unknown, message: "invalid hash length")
        }
        let hash = PaymentHash(bytes)
        let payer = try lnd.books.withLockedValue { books -> FakeLndBooks.Payer? in
            guard let entry = books.entries[hash] else { throw Self.unknown("unable to locate invoice") }
            guard entry.state != .settled else { throw Self.unknown("invoice already settled") }
            books.cancel(hash)
            return books.takePayer(of: hash)
        }
        payer?.resume(throwing: LightningFailure(.refused, "incorrect_or_unknown_payment_details"))
        return ServerResponse(message: Invoicesrpc_CancelInvoiceResp())
    }

    /// What lnd says of an invoice, with status UNKNOWN.
    private static func unknown(_ message: String) -> RPCError { RPCError(code: .unknown, message: message) }
}
