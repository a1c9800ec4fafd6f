internal import GatewayKit

/// What became of the charge of one exchange. Belongs to its event loop.
final class Charge {
    enum Phase {
        /// Nothing is taken for it, or not any more.
        case free
        /// The payment is taken, and nothing of an answer may go out.
        case taken(TakenCharge)
        /// The ledger is told that the answer goes out, which it may not before.
        case marking(TakenCharge)
        /// An answer goes out.
        case served(TakenCharge)
        /// It draws from a bundle, which its payment has bought for good.
        case drawing
        /// The exchange has ended while the ledger was being told.
        case abandoned(isUsedUp: Bool)
    }

    let challengeID: String
    let payment: PaymentHash
    /// The name of the cookie that it came in, where a payment page was let in.
    let cookie: String?
    var phase = Phase.free
    /// True when its challenge has expired: only what has bought a bundle before counts.
    var isExpired = false
    /// True when the ledger says that the payment has bought something.
    var isUsedUp = false
    /// True when the payment is held and not taken yet.
    var isHeld = false
    /// True when the answer is one that was given before.
    var isRepeated = false
    /// Set when the answer is to be kept.
    var reservation: AnswerReservation?
    var recording: AnswerRecording?
    /// Learns whether a call of gRPC was served; `nil` where that is not asked.
    var callEnd: CallEnd?

    init(challengeID: String, payment: PaymentHash, cookie: String? = nil) {
        self.cookie = cookie
        self.challengeID = challengeID
        self.payment = payment
    }
}
