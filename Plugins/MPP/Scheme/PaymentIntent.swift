package import GatewayKit

/// One way to sell with the `Payment` scheme. The scheme itself has checked what all ways share before any of these is
/// asked: that the challenge is the gateway's, of this route and request, and not expired.
package protocol PaymentIntent: Sendable {
    /// As challenges name it: `charge`.
    var name: String { get }
    /// What its credentials are told when their challenge has expired.
    var expired: PaymentProblem { get }

    /// False where the node lacks what selling it takes: then it is not offered. By default true.
    var canBeSold: Bool { get }

    /// What is asked for, for one of whose payments a challenge is made.
    func offer(for quote: Quote, in exchange: Exchange) throws -> Eventually<PaymentOffer>

    /// Checks the payload and the proof that it holds. Constant work: neither store nor node is asked.
    ///
    /// - Throws: `Rejection`.
    func credential(of presented: PaymentCredential, in exchange: Exchange) throws -> Credential

    /// As `AuthScheme.redeem`, for a credential of this intent.
    func redeem(_ credential: Credential, in exchange: Exchange) throws -> Eventually<Decision>

    /// What of an offer draws whoever pays it, where the price is metered; `nil`: nothing that is known before.
    func account(of offer: PaymentOffer) -> MeterAccount?

    /// As `AuthScheme.meterAccount`, for a credential of this intent.
    func meterAccount(in exchange: Exchange) -> MeterAccount?

    /// As `AuthScheme.giveBack`, for a credential of this intent.
    func giveBack(in exchange: Exchange)

    /// As `AuthScheme.adjust`, for every exchange of the route.
    func adjust(_ response: inout ResponseHead, of exchange: Exchange)

    /// As `AuthScheme.settle`, for every exchange of the route.
    func settle(_ exchange: Exchange, as outcome: Outcome)

    /// True when it can be offered for a call of JSON-RPC. By default it cannot, and `check` refuses it there.
    var sellsCalls: Bool { get }

    /// The answer to a call of JSON-RPC is about to go to its client, which waits for this. By default nothing.
    ///
    /// - Parameter isError: it is an error, so that nobody gets a receipt.
    func callAnswered(isError: Bool, in exchange: Exchange) -> Eventually<Void>
}

extension PaymentIntent {
    package var canBeSold: Bool { true }
    package var sellsCalls: Bool { false }
    package func account(of offer: PaymentOffer) -> MeterAccount? { nil }
    package func giveBack(in exchange: Exchange) {}
    package func callAnswered(isError: Bool, in exchange: Exchange) -> Eventually<Void> { .now(()) }
}

/// What a challenge is made of.
package struct PaymentOffer: Sendable {
    /// The `request` of the challenge.
    package let request: JSONValue
    package let expires: WallTime

    /// - Parameter invoice: what is to be paid: the offer ends with it at the latest.
    package init(request: JSONValue, for quote: Quote, invoice: Invoice, at time: WallTime) {
        self.request = request
        // Challenges name whole seconds; a few less, so that a slow clock does not make anybody pay in vain.
        let last = min(time.advanced(by: quote.expiresIn).seconds, invoice.expiresAt.seconds)
        expires = WallTime(seconds: last - time.seconds > 60 ? last - 5 : last)
    }
}
