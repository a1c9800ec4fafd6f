package import GatewayKit

/// What a request has cost by the tokens that it has used, as far as its response says.
package struct TokenBill: Hashable, Sendable {
    package let amount: Amount
    /// The response has said all of it, or there is nothing to say.
    package let isTold: Bool

    /// What was refused, or never came, costs nothing. What does not say what it has used costs what was reserved, and more
    /// where more has come than that: so nobody gains by leaving before the end.
    package init(
        for response: MeteredUsage.Response,
        reserved estimate: TokenEstimate,
        input: TokenRate,
        output: TokenRate
    ) {
        guard let status = response.status, (200...299).contains(status), response.byteCount > 0 else {
            amount = .zero
            isTold = true
            return
        }
        let told = TokenUsage(in: response)
        isTold = told?.isFinal == true
        let passed = isTold ? 0 : PassedTokens.count(in: response, isAsked: !estimate.isNothing)
        let count = isTold ? told?.output ?? estimate.output : max(told?.output ?? 0, estimate.output, passed)
        amount = TokenRate.cost(of: told?.input ?? estimate.input, at: input, and: count, at: output)
    }
}
