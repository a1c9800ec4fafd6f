/// What can be asked of a wallet (NIP-47, "Commands"), as far as a gateway asks it.
package enum NWCMethod: String, Sendable {
    case makeInvoice = "make_invoice"
    case lookUpInvoice = "lookup_invoice"
    case payInvoice = "pay_invoice"
    case listTransactions = "list_transactions"
    case makeHoldInvoice = "make_hold_invoice"
    case settleHoldInvoice = "settle_hold_invoice"
    case cancelHoldInvoice = "cancel_hold_invoice"

    /// True for what does no harm where the wallet does it late, because no money moves.
    package var mayBeLate: Bool {
        switch self {
        case .makeInvoice, .lookUpInvoice, .listTransactions: true
        case .payInvoice, .makeHoldInvoice, .settleHoldInvoice, .cancelHoldInvoice: false
        }
    }
}
