package import GatewayKit

/// An offer of L402 as a client reads it.
package struct L402Challenge: Hashable, Sendable {
    /// What is presented with the preimage; a macaroon in base64 with the gateways that exist, but a client need not
    /// know.
    package let token: String
    /// BOLT 11, as it was sent.
    package let invoice: String

    /// The token as a macaroon; `nil` when it is something else.
    package var macaroon: Macaroon? { try? Macaroon(base64: token) }

    /// The payment that the token is bought with; the invoice must be for the same, or paying it buys nothing.
    package var payment: PaymentHash? {
        macaroon.flatMap { L402Identifier($0.identifier) }?.payment
    }

    /// The credential, once it is paid.
    package func paid(with preimage: Preimage) -> L402Token {
        L402Token(token: token, preimage: preimage)
    }

    /// The offers of L402 in the values of `WWW-Authenticate`, in their order and without repetitions.
    ///
    /// Other schemes, unknown parameters and what cannot be read are passed over.
    package static func challenges(in values: [String]) -> [L402Challenge] {
        var challenges = [L402Challenge]()
        for value in values {
            for case let challenge? in ChallengeReader.challenges(in: value).map(L402Challenge.init(_:))
            where !challenges.contains(challenge) {
                challenges.append(challenge)
            }
        }
        return challenges
    }

    /// `nil` unless it is the older or the newer name of L402, and has a token and an invoice.
    private init?(_ challenge: ChallengeReader.Challenge) {
        guard challenge.scheme == "l402" || challenge.scheme == "lsat",
            let token = challenge.parameters["macaroon"] ?? challenge.parameters["token"],
            let invoice = challenge.parameters["invoice"], Self.isWord(token), Self.isWord(invoice)
        else { return nil }
        self.token = token
        self.invoice = invoice
    }

    /// True for what can go into `Authorization` as it is: token68 of RFC 9110 §11.2.
    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D...0x2F, 0x3D, 0x5F, 0x7E: true
                default: false
                }
            }
    }
}
