package import GatewayKit

/// A credential as a client holds it: what was bought, and the proof of payment.
package struct L402Token: Hashable, Sendable {
    /// As the challenge had it.
    package let token: String
    package let preimage: Preimage

    package init(token: String, preimage: Preimage) {
        self.token = token
        self.preimage = preimage
    }

    package init(macaroon: Macaroon, preimage: Preimage) {
        self.init(token: macaroon.base64, preimage: preimage)
    }

    /// The token as a macaroon; `nil` when it is something else.
    package var macaroon: Macaroon? { try? Macaroon(base64: token) }

    /// The value of `Authorization`.
    package var authorization: String { "L402 \(token):\(preimage.bytes.hex)" }

    /// The value of the gRPC metadata `macaroon`: hexadecimal, with the preimage as a caveat. `nil` when the token is
    /// no macaroon.
    package var metadata: String? {
        guard var macaroon else { return nil }
        macaroon.add("preimage=\(preimage.bytes.hex)")
        return Hex.encoded(macaroon.encoded)
    }

    /// A token that permits less. `nil` when it is no macaroon, or would have more caveats than one may have.
    package func attenuated(with caveats: [Caveat]) -> L402Token? {
        guard var macaroon, macaroon.caveats.count + caveats.count <= MacaroonLayout.mostCaveats else { return nil }
        for caveat in caveats {
            macaroon.add(caveat.description)
        }
        return L402Token(macaroon: macaroon, preimage: preimage)
    }
}
