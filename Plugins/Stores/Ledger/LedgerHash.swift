internal import Crypto
package import GatewayKit

/// Chains rows by SHA-256.
package enum LedgerHash {
    package static func hash(
        of entry: LedgerEntry,
        at position: Int64,
        in chain: String,
        after earlier: Bytes32
    ) -> Bytes32 {
        let bytes = LedgerRow.hashedBytes(of: entry, at: position, in: chain, after: earlier)
        return Bytes32(SHA256.hash(data: bytes)) ?? .zero
    }
}
