package import GatewayKit

/// What a route asks for, as it may be published.
package struct PlannedOffer: Sendable {
    package let price: ListedPrice
    /// The words of the schemes, in the order of their offers.
    package let schemes: [String]
    /// Of the caveats that what is sold carries.
    package let conditions: [String]
    package let intents: [OfferedIntent]
}
