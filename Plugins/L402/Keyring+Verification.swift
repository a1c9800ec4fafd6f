package import GatewayKit

extension Keyring {
    /// Checks what cannot change about a credential: the signature of its macaroon, and that the preimage is that of
    /// its payment.
    ///
    /// - Parameters:
    ///   - bytes: a serialised macaroon.
    ///   - preimage: `nil` when the macaroon carries it as a caveat.
    package func credential(
        of bytes: UnsafeRawBufferPointer,
        preimage: Bytes32?
    ) throws(Rejection) -> Credential {
        let layout: MacaroonLayout
        do {
            layout = try MacaroonLayout(bytes)
        } catch {
            throw Rejection(.malformed, "the macaroon cannot be read: \(error)")
        }
        let identifierBytes = UnsafeRawBufferPointer(rebasing: bytes[layout.identifier])
        guard let identifier = L402Identifier(identifierBytes) else {
            throw Rejection(.malformed, "the macaroon's identifier is not one of L402 version 0")
        }
        let presented = try Self.preimage(of: layout, in: bytes, besides: preimage)

        guard let rootKey = rootKey(for: identifierBytes, generation: identifier.generation) else {
            throw Rejection(.signature, "the macaroon is signed with a key that is no longer known")
        }
        let signature = MacaroonSignature.signature(of: layout, in: bytes, rootKey: rootKey)
        let isPaid = presented.withUnsafeBytes { Bytes32.sha256(of: $0) }
            .equalsInConstantTime(identifier.payment.bytes)
        guard let claimed = Bytes32(UnsafeRawBufferPointer(rebasing: bytes[layout.signature])),
            signature.equalsInConstantTime(claimed)
        else {
            throw Rejection(.signature, "the macaroon's signature is not this gateway's")
        }
        guard isPaid else {
            throw Rejection(.preimage, "the preimage is not that of the payment")
        }
        return Credential(
            scheme: L402Scheme.word,
            id: CredentialID(identifier.tokenID),
            payment: identifier.payment,
            caveats: try Self.caveats(of: layout, in: bytes),
            redemption: identifier.isShared ? .first : .none
        )
    }

    /// The condition of the caveat that carries the preimage where there is no other place for it (lnd's convention).
    static let preimageCondition = Array("preimage=".utf8)

    /// True when it is a macaroon of L402: by its identifier, or because it carries a preimage.
    static func isL402(_ layout: MacaroonLayout, in bytes: UnsafeRawBufferPointer) -> Bool {
        L402Identifier(UnsafeRawBufferPointer(rebasing: bytes[layout.identifier])) != nil
            || layout.caveats.contains { isPreimage($0, in: bytes) }
    }

    private static func isPreimage(_ caveat: MacaroonLayout.Caveat, in bytes: UnsafeRawBufferPointer) -> Bool {
        caveat.verificationID == nil && bytes[caveat.identifier].starts(with: preimageCondition)
    }

    /// The preimage that counts: the one presented beside the macaroon or that of the last caveat, which must not
    /// contradict it.
    private static func preimage(
        of layout: MacaroonLayout,
        in bytes: UnsafeRawBufferPointer,
        besides presented: Bytes32?
    ) throws(Rejection) -> Bytes32 {
        guard let caveat = layout.caveats.last(where: { isPreimage($0, in: bytes) }) else {
            guard let presented else { throw Rejection(.malformed, "the macaroon carries no preimage") }
            return presented
        }
        let digits = bytes[caveat.identifier].dropFirst(preimageCondition.count)
        guard let carried = Bytes32(hexDigits: UnsafeRawBufferPointer(rebasing: digits)) else {
            throw Rejection(.malformed, "the preimage should be 64 hexadecimal digits")
        }
        guard presented == nil || presented == carried else {
            throw Rejection(.malformed, "the credential carries two preimages")
        }
        return carried
    }

    /// What restricts the holder. A preimage does not.
    private static func caveats(
        of layout: MacaroonLayout,
        in bytes: UnsafeRawBufferPointer
    ) throws(Rejection) -> [Caveat] {
        var caveats = [Caveat]()
        caveats.reserveCapacity(layout.caveats.count)
        for caveat in layout.caveats where !isPreimage(caveat, in: bytes) {
            guard caveat.verificationID == nil else {
                throw Rejection(
                    .unknownCaveat,
                    "the macaroon has a third-party caveat, which cannot be discharged here"
                )
            }
            guard let text = String(validating: bytes[caveat.identifier], as: UTF8.self) else {
                throw Rejection(.unknownCaveat, "the macaroon has a caveat that is not text")
            }
            caveats.append(Caveat(parsing: text))
        }
        return caveats
    }
}
