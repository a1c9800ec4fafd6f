package import GatewayKit
package import L402

/// A token whose invoice was, or is about to be, given to a wallet, and of which it is not known yet that it is paid.
package struct PendingToken: Hashable, Sendable {
    /// `http://host:port`, in lower case.
    package let origin: String
    /// Of the token's `services` caveat; empty when it has none.
    package let service: String
    package let path: String
    package let token: String
    /// BOLT 11.
    package let invoice: String
    package let payment: PaymentHash

    package init(origin: String, service: String, path: String, token: String, invoice: String, payment: PaymentHash) {
        self.origin = origin
        self.service = service
        self.path = path
        self.token = token
        self.invoice = invoice
        self.payment = payment
    }

    package func paid(with preimage: Preimage) -> L402Token {
        L402Token(token: token, preimage: preimage)
    }
}
