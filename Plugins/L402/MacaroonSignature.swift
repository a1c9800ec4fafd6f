package import GatewayKit

/// The chain of HMACs that signs a macaroon: each caveat is signed with the signature before it (libmacaroons).
package enum MacaroonSignature {
    /// libmacaroons, go-macaroon: root keys of any length become keys of 32 bytes with this one.
    private static let keyGenerator = HMACKey("macaroons-key-generator")

    /// The signature of a macaroon without caveats.
    package static func signature(of identifier: UnsafeRawBufferPointer, rootKey: UnsafeRawBufferPointer) -> Bytes32 {
        HMACKey.code(of: identifier, key: keyGenerator.code(of: rootKey))
    }

    /// The signature after a first-party caveat.
    package static func signature(of caveat: UnsafeRawBufferPointer, after signature: Bytes32) -> Bytes32 {
        HMACKey.code(of: caveat, key: signature)
    }

    /// The signature after a third-party caveat.
    package static func signature(
        of caveat: UnsafeRawBufferPointer,
        verificationID: UnsafeRawBufferPointer,
        after signature: Bytes32
    ) -> Bytes32 {
        let key = HMACKey(signature)
        let first = key.code(of: verificationID)
        let second = key.code(of: caveat)
        return first.withUnsafeBytes { first in second.withUnsafeBytes { key.code(of: first, $0) } }
    }

    /// The signature that the macaroon should have.
    static func signature(
        of layout: MacaroonLayout,
        in bytes: UnsafeRawBufferPointer,
        rootKey: Bytes32
    ) -> Bytes32 {
        var signature = rootKey.withUnsafeBytes { rootKey in
            Self.signature(of: UnsafeRawBufferPointer(rebasing: bytes[layout.identifier]), rootKey: rootKey)
        }
        for caveat in layout.caveats {
            let identifier = UnsafeRawBufferPointer(rebasing: bytes[caveat.identifier])
            if let verificationID = caveat.verificationID {
                signature = Self.signature(
                    of: identifier,
                    verificationID: UnsafeRawBufferPointer(rebasing: bytes[verificationID]),
                    after: signature
                )
            } else {
                signature = Self.signature(of: identifier, after: signature)
            }
        }
        return signature
    }
}
