import NIOConcurrencyHelpers

/// Chance that begins the same for the same seed. May be used from any task.
final class Dice: Sendable {
    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }

    private let generator: NIOLockedValueBox<Generator>

    init(_ seed: UInt64) {
        generator = NIOLockedValueBox(Generator(state: seed))
    }

    func number(in range: Range<Int>) -> Int {
        generator.withLockedValue { Int.random(in: range, using: &$0) }
    }

    /// True in so many of a hundred cases.
    func falls(_ percent: Int) -> Bool { number(in: 0..<100) < percent }

    func one<Element>(of elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[number(in: 0..<elements.count)]
    }
}
