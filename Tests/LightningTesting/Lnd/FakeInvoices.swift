internal import GRPCCore
internal import Lightning

/// The service of a fake lnd for held invoices.
struct FakeInvoices: Invoicesrpc_Invoices.ServiceProtocol {
    let lnd: FakeLnd

    func addHoldInvoice(
        request: ServerRequest<Invoicesrpc_AddHoldInvoiceRequest>,
        context: ServerContext
    ) async throws -> ServerResponse<Invoicesrpc_AddHoldInvoiceResp> {
        try await lnd.admit(request.metadata, context)
        return ServerResponse(message: try lnd.hold(request.message))
    }

    func settleInvoice(
        request: ServerRequest<Invoicesrpc_SettleInvoiceMsg>,
        context: ServerContext
    ) async throws -> ServerResponse<Invoicesrpc_SettleInvoiceResp> {
        try await lnd.admit(request.metadata, context)
        try lnd.settle(request.message)
        return ServerResponse(message: Invoicesrpc_SettleInvoiceResp())
    }

    func cancelInvoice(
        request: ServerRequest<Invoicesrpc_CancelInvoiceMsg>,
        context: ServerContext
    ) async throws -> ServerResponse<Invoicesrpc_CancelInvoiceResp> {
        try await lnd.admit(request.metadata, context)
        try lnd.cancel(request.message)
        return ServerResponse(message: Invoicesrpc_CancelInvoiceResp())
    }
}
