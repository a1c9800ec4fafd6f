package import GatewayKit

/// A wallet's no (NIP-47, "Error codes").
package struct NWCError: Error, Hashable, Sendable {
    package let code: String
    private let message: String

    init(code: String, message: String) {
        self.code = LndRESTWallet.printable(code)
        self.message = LndRESTWallet.printable(message)
    }

    /// Of a look-up: the wallet answered that it knows nothing of the payment. Some have no code of its own for that, and say it
    /// in these words alone (LNbits, "nwcprovider").
    package var isNotFound: Bool {
        switch code {
        case "NOT_FOUND": true
        case "INTERNAL", "OTHER": Self.notFound.contains(message.lowercased())
        default: false
        }
    }

    private static let notFound: Set = ["payment not found", "invoice not found", "transaction not found"]

    /// True where the wallet has done nothing, and nothing of it may come later: of any other code that is not sure. A request
    /// reaches a wallet by several relays: one that takes each copy for a request says that there is no balance, no quota or no
    /// haste left to the second, because of the first.
    package var isCertain: Bool {
        switch code {
        case "NOT_IMPLEMENTED", "RESTRICTED", "UNAUTHORIZED", "UNSUPPORTED_ENCRYPTION", "NOT_FOUND": true
        default: false
        }
    }

    /// For what asking again does no harm.
    package var failure: LightningFailure {
        switch code {
        case "RATE_LIMITED", "INTERNAL", "OTHER": LightningFailure(.unavailable, description)
        default: LightningFailure(.refused, description)
        }
    }
}

extension NWCError: CustomStringConvertible {
    package var description: String { "the wallet answered \(code): \(message)" }
}
