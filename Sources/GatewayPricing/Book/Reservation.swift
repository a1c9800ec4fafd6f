package import GatewayKit
package import Standard

/// What a request was let through with.
package struct Reservation: Hashable, Sendable {
    /// Names it to the gateway (`reserved_estimate`), which tells it again with its report. At least 1.
    package let number: Int64
    /// Of the bundle; never more than was free.
    package let setAside: Amount
    /// The rates when it was made.
    package let input: TokenRate
    package let output: TokenRate
    package let estimate: TokenEstimate
    /// Nobody reported in time: what was set aside was given back. A report that comes all the same counts.
    package let isExpired: Bool

    /// What its request has cost.
    package func bill(for response: MeteredUsage.Response) -> TokenBill {
        TokenBill(for: response, reserved: estimate, input: input, output: output)
    }
}
