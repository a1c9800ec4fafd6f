package import GatewayKit

/// The secret key of a node: signs its invoices. Never logged; its description hides it.
package struct NodeKey: Sendable {
    package let id: NodeID
    /// For the store that keeps it.
    let secret: Bytes32

    /// `nil` when it is no key: zero, or not below the order of the group.
    package init?(_ secret: Bytes32) {
        guard let id = Secp256k1.shared.publicKey(of: secret) else { return nil }
        self.id = id
        self.secret = secret
    }

    /// `nil` when the library cannot be used; all but one in 2^127 random secrets are keys.
    package static func random() -> NodeKey? {
        NodeKey(.random())
    }

    func signature(of digest: Bytes32) -> Bolt11Signature? {
        Secp256k1.shared.sign(digest, with: secret)
    }
}

extension NodeKey: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "(key of \(id))" }
    package var debugDescription: String { description }
}
