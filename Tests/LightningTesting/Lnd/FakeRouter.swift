internal import GRPCCore
internal import Lightning

/// The service of a fake lnd that pays.
struct FakeRouter: Routerrpc_Router.ServiceProtocol {
    let lnd: FakeLnd

    func sendPaymentV2(
        request: ServerRequest<Routerrpc_SendPaymentRequest>,
        context: ServerContext
    ) async throws -> StreamingServerResponse<Lnrpc_Payment> {
        try await lnd.admit(request.metadata, context)
        let payment = try lnd.send(request.message)
        return StreamingServerResponse { writer in
            // Updates from before the end are not wanted.
            if payment.hasNotEnded {
                try await context.cancellation.cancelled
            } else {
                try await writer.write(payment)
            }
            return [:]
        }
    }

    func trackPaymentV2(
        request: ServerRequest<Routerrpc_TrackPaymentRequest>,
        context: ServerContext
    ) async throws -> StreamingServerResponse<Lnrpc_Payment> {
        try await lnd.admit(request.metadata, context)
        let payment = try lnd.track(request.message.paymentHash)
        return StreamingServerResponse { writer in
            try await writer.write(payment)
            if payment.hasNotEnded { try await context.cancellation.cancelled }
            return [:]
        }
    }
}

extension Lnrpc_Payment {
    /// Then what tells of it stays open.
    var hasNotEnded: Bool { status == .inFlight }
}
