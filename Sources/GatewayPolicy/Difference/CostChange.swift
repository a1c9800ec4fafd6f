internal import GatewayKit

/// Requests that cost something else than before.
package struct CostChange: Hashable, Sendable {
    /// As a policy's match is printed: `GET /quotes/*`.
    package let requests: String
    package let before: RequestCost
    package let after: RequestCost

    /// True when somebody may get for nothing, or for less than the part of its price that `factor` stands for, what was
    /// sold before.
    package func losesMoney(factor: Int) -> Bool {
        switch (before, after) {
        case (.fixed, .free), (.bundle, .free), (.asked, .free):
            return true
        case (.fixed(let old), .fixed(let new)), (.bundle(let old), .bundle(let new)):
            let (product, overflow) = new.millisatoshis.multipliedReportingOverflow(by: UInt64(max(1, factor)))
            return !overflow && product < old.millisatoshis
        default:
            return false
        }
    }
}

extension CostChange: CustomStringConvertible {
    package var description: String {
        switch (before, after) {
        case (.fixed(let old), .fixed(let new)): "\(requests) \(old) -> \(new)"
        case (.unanswered, _): "\(requests) is served for \(after)"
        case (_, .free): "\(requests) becomes free (was \(before))"
        case (_, .unanswered): "\(requests) is no longer served (was \(before))"
        case (_, .fixed), (_, .bundle), (_, .asked): "\(requests) \(before) -> \(after)"
        }
    }
}
