internal import GatewayKit

/// What became of the charge of one exchange. Belongs to its event loop.
final class Charge {
    let challengeID: String
    let payment: PaymentHash
    /// True from the moment that the payment is taken for this exchange until it is given back.
    var isTaken = false
    /// True when the answer is one that was given before.
    var isRepeated = false
    /// True when the answer is to be kept.
    var isReserved = false
    var recording: AnswerRecording?

    init(challengeID: String, payment: PaymentHash) {
        self.challengeID = challengeID
        self.payment = payment
    }
}
