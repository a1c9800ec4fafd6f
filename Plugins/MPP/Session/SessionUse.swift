internal import GatewayKit

/// What one exchange does to a session. Belongs to its event loop.
final class SessionUse {
    let request: SessionRequest
    let payload: SessionPayload
    let challengeID: String
    let action: SessionAction
    /// The session that it opens, or names.
    let id: PaymentHash

    /// True from the moment that it is done until it is undone: what is answered then has a receipt.
    var isDone = false
    /// True while an amount is taken that the exchange may give back.
    var isTaken = false
    /// What the receipt says beyond what all receipts do.
    var receiptMembers: [JSONValue.Member] = []
    /// Told to the client once: with the answer that opens the session.
    var secret: Bytes32?
    /// Set when the answer is to be kept for a client that sends the same again.
    var reservation: AnswerReservation?
    var recording: AnswerRecording?
    /// The head of an answer that was given before, when it is given again.
    var repeated: Fields?

    init(_ request: SessionRequest, _ payload: SessionPayload, challengeID: String, _ action: SessionAction) {
        self.request = request
        self.payload = payload
        self.challengeID = challengeID
        self.action = action
        id = payload.session ?? request.payment
    }
}
