package import GatewayKit

/// Whose requests a bucket counts.
package enum BucketKey: Hashable, Sendable {
    case token(CredentialID)
    case address(IPAddress)
    /// All clients without an address together: those of a Unix socket.
    case noAddress
    case route
    /// What an expression of the policy gives.
    case value(String)
    /// All requests for which it gives nothing together.
    case noValue

    /// Longer ones are not kept: a client writes them.
    static let longestValue = 256

    /// What an expression gives for a request.
    init(_ key: Expression, of exchange: Exchange) {
        guard case .success(let text) = key.text(for: .exchange(exchange)), text.utf8.count <= Self.longestValue else {
            self = .noValue
            return
        }
        self = .value(text)
    }

    /// An address counts by its block.
    package init(_ client: Client) {
        self = client.address.map { BucketKey.address($0.block) } ?? .noAddress
    }

    /// What an operator is told: not the value, which may be a secret of the client.
    var shown: String {
        switch self {
        case .token: "the token"
        case .address(let address): "\(address)"
        case .noAddress: "all clients without an address"
        case .route: "the route"
        case .value: "what 'per' gives"
        case .noValue: "all for whom 'per' gives nothing"
        }
    }

    /// What a refused client is told.
    package var name: String {
        switch self {
        case .token: "token"
        case .address, .noAddress: "address"
        case .route: "route"
        case .value, .noValue: "caller"
        }
    }
}
