package import GatewayKit

/// What a wallet knows of a payment that it was, or may have been, asked to make.
package enum LndPaymentState: Hashable, Sendable {
    case settled(Preimage)
    /// It may arrive or fail.
    case underWay
    /// It failed, or was never begun.
    case unpaid
    /// The wallet does not know the payment, or does not serve the question.
    case unknown
}
