package import GatewayKit

/// A macaroon and 32 bytes that say who may use it, in a form that pages and cookies can carry.
///
/// The key of a page and the cookie that it gets have this form; what their bytes are derived for differs, so that one is
/// never taken for the other.
package struct PageText: Hashable, Sendable {
    package let macaroon: [UInt8]
    package let proof: Bytes32

    package init(macaroon: [UInt8], proof: Bytes32) {
        self.macaroon = macaroon
        self.proof = proof
    }

    /// `nil` unless it is base64url, a dot and 64 hexadecimal digits.
    package init?(parsing text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.count <= MacaroonLayout.largestCount, let proof = Bytes32(hex: parts[1]),
            let macaroon = Base64.url.decoded(parts[0])
        else { return nil }
        self.init(macaroon: macaroon, proof: proof)
    }

    package var text: String { "\(Base64.url.encoded(macaroon)).\(proof.hex)" }
}
