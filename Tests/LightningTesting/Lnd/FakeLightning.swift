internal import GRPCCore
internal import Lightning

/// The main service of a fake lnd.
struct FakeLightning: Lnrpc_Lightning.ServiceProtocol {
    let lnd: FakeLnd

    func addInvoice(
        request: ServerRequest<Lnrpc_Invoice>,
        context: ServerContext
    ) async throws -> ServerResponse<Lnrpc_AddInvoiceResponse> {
        try await lnd.admit(request.metadata, context)
        return ServerResponse(message: try lnd.add(request.message))
    }

    func lookupInvoice(
        request: ServerRequest<Lnrpc_PaymentHash>,
        context: ServerContext
    ) async throws -> ServerResponse<Lnrpc_Invoice> {
        try await lnd.admit(request.metadata, context)
        return ServerResponse(message: try lnd.lookUp(request.message.rHash))
    }

    func listInvoices(
        request: ServerRequest<Lnrpc_ListInvoiceRequest>,
        context: ServerContext
    ) async throws -> ServerResponse<Lnrpc_ListInvoiceResponse> {
        try await lnd.admit(request.metadata, context)
        return ServerResponse(message: lnd.page(request.message))
    }

    func subscribeInvoices(
        request: ServerRequest<Lnrpc_InvoiceSubscription>,
        context: ServerContext
    ) async throws -> StreamingServerResponse<Lnrpc_Invoice> {
        try await lnd.admit(request.metadata, context)
        let subscription = request.message
        return StreamingServerResponse { [lnd] writer in
            let end = EndOfStream()
            try await withRPCCancellationHandler {
                try await lnd.subscribe(subscription, opened: end.isBy) { try await writer.write($0) }
            } onCancelRPC: {
                end.come()
            }
            return [:]
        }
    }
}
