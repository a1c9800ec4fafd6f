package import GatewayKit

/// What came of the report of a request.
package struct Debit: Hashable, Sendable {
    /// What it took from the bundle: zero for a report that has come before.
    package let cost: Amount
    /// What nobody has spent.
    package let left: Amount
    /// The response has said what it has used, or it was reported before.
    package let isTold: Bool
}
