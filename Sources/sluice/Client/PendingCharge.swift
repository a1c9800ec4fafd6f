package import GatewayKit
package import MPP

/// An offer for one answer whose invoice was, or is about to be, given to a wallet, and whose answer has not come yet.
package struct PendingCharge: Hashable, Sendable {
    /// `http://host:port`, in lower case.
    package let origin: String
    /// What is asked for: method, path and query, and the digest of a body.
    package let request: String
    package let challenge: PaymentChallenge
    /// BOLT 11.
    package let invoice: String
    package let payment: PaymentHash
    /// Known once it is paid.
    package var preimage: Preimage?

    package init(
        origin: String,
        request: String,
        challenge: PaymentChallenge,
        invoice: String,
        payment: PaymentHash,
        preimage: Preimage? = nil
    ) {
        self.origin = origin
        self.request = request
        self.challenge = challenge
        self.invoice = invoice
        self.payment = payment
        self.preimage = preimage
    }

    /// The field that presents the payment.
    func field(paidWith preimage: Preimage) -> (name: String, value: String) {
        let credential = PaymentCredential(challenge: challenge, payload: .texts([("preimage", preimage.bytes.hex)]))
        return (challenge.header ?? "Authorization", credential.authorization)
    }
}
