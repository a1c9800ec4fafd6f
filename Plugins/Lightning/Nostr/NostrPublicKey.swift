package import GatewayKit

/// Who signs events: an x coordinate (BIP 340). Whether it is one of the curve shows when it is used.
package struct NostrPublicKey: Hashable, Sendable {
    package let bytes: Bytes32

    package init(_ bytes: Bytes32) {
        self.bytes = bytes
    }
}

extension NostrPublicKey: CustomStringConvertible {
    /// 64 hexadecimal digits in lower case, as everything of Nostr has them.
    package var description: String { bytes.hex }
}
