internal import GatewayKit

/// The calls of lnd, by either of its interfaces. What is repeated does no harm: at worst an invoice that nobody knows of.
protocol LndConnection: Sendable {
    /// Connects in the background, and goes on trying.
    func start()
    func stop() async

    func addInvoice(_ invoice: Lnrpc_Invoice) async throws(LndFault) -> Lnrpc_AddInvoiceResponse
    func lookupInvoice(_ payment: Lnrpc_PaymentHash) async throws(LndFault) -> Lnrpc_Invoice
    func listInvoices(_ page: Lnrpc_ListInvoiceRequest) async throws(LndFault) -> Lnrpc_ListInvoiceResponse
    func addHoldInvoice(
        _ invoice: Invoicesrpc_AddHoldInvoiceRequest
    ) async throws(LndFault) -> Invoicesrpc_AddHoldInvoiceResp
    func settleInvoice(_ message: Invoicesrpc_SettleInvoiceMsg) async throws(LndFault)
    func cancelInvoice(_ message: Invoicesrpc_CancelInvoiceMsg) async throws(LndFault)

    /// Tells of invoices in their order until `each` says false, the node ends it, or an hour is over.
    func subscribeInvoices(
        _ subscription: Lnrpc_InvoiceSubscription,
        _ each: @escaping @Sendable (Lnrpc_Invoice) async -> Bool
    ) async throws(LndFault)

    /// The end of a payment; `nil` where the node ended the call before that. Made once.
    ///
    /// - Parameter timeout: for the call, behind which the payment goes on.
    func sendPayment(
        _ payment: Routerrpc_SendPaymentRequest,
        timeout: Duration
    ) async throws(LndFault) -> Lnrpc_Payment?

    /// How far a payment is; `nil` where the node says nothing of it.
    func trackPayment(_ payment: Routerrpc_TrackPaymentRequest) async throws(LndFault) -> Lnrpc_Payment?
}
