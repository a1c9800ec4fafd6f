/// What the checks of one address found. A value: no clock, no lock.
package struct HealthTally: Sendable, Hashable {
    /// Until checks say otherwise.
    package private(set) var isHealthy = true
    /// Findings in a row that speak against `isHealthy`.
    private var contrary = 0
    private let settings: HealthSettings

    package init(_ settings: HealthSettings) {
        self.settings = settings
    }

    package mutating func note(_ isServing: Bool) {
        guard isServing != isHealthy else {
            contrary = 0
            return
        }
        contrary += 1
        if contrary >= (isHealthy ? settings.unhealthyCount : settings.healthyCount) {
            isHealthy = isServing
            contrary = 0
        }
    }
}
