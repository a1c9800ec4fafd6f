internal import Foundation

/// When independent clients ask: at random, so many a second on average, the same for every program.
struct Arrivals {
    private let rate: Double
    private var state: UInt64 = 0x5EED
    private(set) var next: ContinuousClock.Instant

    init(rate: Double, from start: ContinuousClock.Instant) {
        self.rate = rate
        next = start
    }

    /// Exponential gaps make a Poisson process.
    mutating func advance() {
        next += .nanoseconds(Int64(-log(1 - uniform()) / rate * 1e9))
    }

    /// From 0 to below 1, by SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    private mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((value ^ (value >> 31)) >> 11) / Double(1 << 53)
    }
}
