package import GatewayKit

/// An offer that was made for the price of a question.
package struct PricedOffer: Sendable, Hashable {
    package let question: PriceQuestion
    package let service: String
    /// What its payer is known by: the hash of the payment, or the id of the token that is sold.
    package let token: Bytes32
    package let amount: Amount

    package init(question: PriceQuestion, service: String, token: Bytes32, amount: Amount) {
        self.question = question
        self.service = service
        self.token = token
        self.amount = amount
    }
}
