package import GatewayKit

// How a payment page is let in without the preimage, which its browser never learns. See "A page proves itself with what
// only it was told" among the decisions.
extension Keyring {
    private static let secretPurpose: StaticString = "page secret"
    private static let proofPurpose: StaticString = "page proof"

    /// Of the service, so that one does not push out the other.
    static func pageCookie(of service: String) -> PageCookie {
        let hash = Array(service.utf8).withUnsafeBytes { Bytes32.sha256(of: $0) }
        return PageCookie(scheme: L402Scheme.word, part: Hex.encoded(hash.array.prefix(8)))
    }

    /// What the page that offers this token is told, and nobody else.
    package func pageKey(of macaroon: Macaroon) -> PageKey? {
        L402Identifier(macaroon.identifier).flatMap { derived(for: $0, purpose: Self.secretPurpose) }.map { secret in
            PageKey(text: PageText(macaroon: macaroon.encoded, proof: secret).text)
        }
    }

    /// The token of a page that shows its key; `nil` for what is not a key of this gateway.
    package func token(of key: PageKey) -> PresentedToken? {
        guard let page = PageText(parsing: key.text), let macaroon = try? Macaroon(decoding: page.macaroon),
            signature(of: macaroon) == .right, let identifier = L402Identifier(macaroon.identifier),
            derived(for: identifier, purpose: Self.secretPurpose) == page.proof
        else { return nil }
        return PresentedToken(macaroon)
    }

    /// What opens the route for the browser of a page whose token is paid for: only for a payment that has arrived.
    package func pagePass(for token: PresentedToken) -> String? {
        token.identifier.flatMap { derived(for: $0, purpose: Self.proofPurpose) }.map { proof in
            PageText(macaroon: token.macaroon.encoded, proof: proof).text
        }
    }

    /// Checks what cannot change about the pass of a page: as for a credential, with the proof instead of the preimage.
    func credential(of page: PageText) throws(Rejection) -> Credential {
        let token: PresentedToken
        do {
            token = PresentedToken(try Macaroon(decoding: page.macaroon))
        } catch {
            throw Rejection(.malformed, "the macaroon cannot be read: \(error)")
        }
        guard let identifier = token.identifier else {
            throw Rejection(.malformed, "the macaroon's identifier is not one of L402 version 0")
        }
        guard signature(of: token.macaroon) == .right else {
            throw Rejection(.signature, "the macaroon's signature is not this gateway's")
        }
        guard derived(for: identifier, purpose: Self.proofPurpose) == page.proof else {
            throw Rejection(.preimage, "the proof is not that of the payment")
        }
        guard !token.hasUnreadableCaveat else {
            throw Rejection(.unknownCaveat, "the macaroon has a caveat that cannot be read here")
        }
        return Credential(
            scheme: L402Scheme.word,
            id: CredentialID(identifier.tokenID),
            payment: identifier.payment,
            caveats: token.restrictions,
            redemption: identifier.isShared ? .first : .none
        )
    }
}
