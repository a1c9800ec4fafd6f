package import GatewayKit

/// Where a chain of the ledger stood, written down outside of the store: `money/120/5f…`. Whoever keeps one finds out if
/// rows before it are changed later, even by somebody who makes the whole chain anew.
package struct LedgerHead: Hashable, Sendable, CustomStringConvertible {
    package let chain: String
    package let position: Int64
    package let hash: Bytes32

    package init(_ chain: LedgerChain) {
        self.chain = chain.name
        position = chain.end
        hash = chain.endHash
    }

    /// `nil` for what is no head.
    package init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, let position = Int64(parts[1]), position >= 0,
            let hash = Bytes32(hex: parts[2])
        else { return nil }
        chain = String(parts[0])
        self.position = position
        self.hash = hash
    }

    package var description: String { "\(chain)/\(position)/\(hash.hex)" }
}
