/// Whether an endpoint is healthy, by its checks: it takes several in a row to change that.
package struct CheckVerdict {
    private let healthyCount: Int
    private let unhealthyCount: Int
    /// Until something else is known.
    package private(set) var isHealthy = true
    /// Checks in a row that say otherwise.
    private var contrary = 0

    package init(healthyCount: Int, unhealthyCount: Int) {
        self.healthyCount = healthyCount
        self.unhealthyCount = unhealthyCount
    }

    /// - Returns: true when this changes the verdict.
    package mutating func note(_ isAnswered: Bool) -> Bool {
        guard isAnswered != isHealthy else {
            contrary = 0
            return false
        }
        contrary += 1
        guard contrary >= (isHealthy ? unhealthyCount : healthyCount) else { return false }
        contrary = 0
        isHealthy.toggle()
        return true
    }
}
