package import GatewayKit

/// Whose requests a bucket counts.
package enum BucketKey: Hashable, Sendable {
    case token(CredentialID)
    case address(IPAddress)
    /// All clients without an address together: those of a Unix socket.
    case noAddress
    case route

    /// An IPv6 address counts by its /64, the smallest block that a network hands to one customer (RFC 6177 §2):
    /// whoever has one has 2⁶⁴ of them.
    package init(_ client: Client) {
        guard let address = client.address else {
            self = .noAddress
            return
        }
        self = .address(address.isV4 ? address : Network(address, prefix: 64)?.address ?? address)
    }

    /// What a refused client is told.
    package var name: String {
        switch self {
        case .token: "token"
        case .address, .noAddress: "address"
        case .route: "route"
        }
    }
}
