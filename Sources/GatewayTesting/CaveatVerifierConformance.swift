public import GatewayKit

/// What every caveat verifier must do, for the tests of a verifier to run:
///
/// ```swift
/// @Test(arguments: CaveatVerifierConformance.Check.allCases)
/// func `keeps a verifier's promises`(_ check: CaveatVerifierConformance.Check) throws {
///     try CaveatVerifierConformance(MyVerifier(), values: ["a", "a,b"], exchanges: [.example()]).run(check)
/// }
/// ```
public struct CaveatVerifierConformance {
    public enum Check: String, CaseIterable, Sendable {
        /// The examples reach both answers of `allows` and of `narrows`: otherwise the other checks say nothing.
        case examplesSaySomething
        /// What permits something may be said twice.
        case whatPermitsNarrowsItself
        /// Caveats of other conditions are somebody else's.
        case foreignCaveatsAreLeftAlone
        /// Asked again, in any order and about another request between, it says the same.
        case answersAreRepeatable
        /// Asking changes nothing in the exchange.
        case exchangesStayAsTheyWere
        /// Whatever narrows may not permit what was not permitted before.
        case laterOnlyNarrows
        /// The same along random chains, as a holder makes them.
        case chainsOnlyNarrow
        /// Of random chains, judged as the `caveats` stage does: a longer one permits nothing that a shorter one refuses.
        case longerChainsPermitNoMore
        /// No value traps, however it was made.
        case hostileValuesAreAnswered
        /// A rejection never repeats the value of a caveat.
        case rejectionsKeepValuesToThemselves
    }

    /// Values that somebody may send: empty, huge, broken, negative, in other scripts.
    public static let hostileValues: [String] = [
        "", " ", "=", ",", ",,,", "/", "//", "/*", "*", "/*/*", "/../", "/..", "/%", "/%zz", "/%2f", "%00", "\u{0}",
        "a\u{0}b",
        "\r\n", "\t", "-1", "0", "+1", "1e9", "0x10", "00", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999999999999999",
        "NaN", "inf", "null", "true", "{}", "[]", "\"", "'", "\\", "$(id)", "a=b=c", "::", "::/0", "::/129",
        "0.0.0.0/0",
        "0.0.0.0/-1", "1.2.3.4/33", "1.2.3.4/", "/24", "256.1.1.1", "1.2.3", "fe80::1%eth0", "[::1]",
        "\u{E9}", "e\u{301}", "\u{301}", ",\u{301}", "\u{202E}", "\u{FEFF}", "\u{1F4A9}", "\u{FFFD}", "\u{10FFFF}",
        String(repeating: "a", count: 10_000), String(repeating: ",", count: 10_000),
        String(repeating: "a,", count: 10_000), String(repeating: "/", count: 10_000),
        String(repeating: "9", count: 10_000), String(repeating: "\u{1F4A9}", count: 1_000),
    ]

    let verifier: any CaveatVerifier
    let values: [String]
    let exchanges: [Exchange]
    let seed: UInt64

    /// - Parameters:
    ///   - values: examples of good values, of which some narrow others.
    ///   - exchanges: examples of requests, of which each value should permit some and refuse some.
    ///   - seed: chooses the random chains.
    public init(_ verifier: any CaveatVerifier, values: [String], exchanges: [Exchange], seed: UInt64 = 1) {
        self.verifier = verifier
        self.values = values
        self.exchanges = exchanges
        self.seed = seed
    }

    /// Runs every check.
    public func run() throws {
        for check in Check.allCases {
            try run(check)
        }
    }

    /// - Throws: `ConformanceFailure`.
    public func run(_ check: Check) throws {
        switch check {
        case .examplesSaySomething: try examplesSaySomething()
        case .whatPermitsNarrowsItself: try whatPermitsNarrowsItself()
        case .foreignCaveatsAreLeftAlone: try foreignCaveatsAreLeftAlone()
        case .exchangesStayAsTheyWere: try exchangesStayAsTheyWere()
        case .longerChainsPermitNoMore: try longerChainsPermitNoMore()
        case .answersAreRepeatable: try answersAreRepeatable()
        case .laterOnlyNarrows: try laterOnlyNarrows()
        case .chainsOnlyNarrow: try chainsOnlyNarrow()
        case .hostileValuesAreAnswered: try hostileValuesAreAnswered()
        case .rejectionsKeepValuesToThemselves: try rejectionsKeepValuesToThemselves()
        }
    }

    private func examplesSaySomething() throws {
        let caveats = values.map(caveat)
        let permissions = caveats.flatMap { caveat in exchanges.map { verifier.allows(caveat, $0) } }
        let narrowings = caveats.flatMap { earlier in caveats.map { verifier.narrows(earlier, to: $0) } }
        for (name, answers) in [("allows", permissions), ("narrows", narrowings)] {
            try expect(answers.contains(true), "no example makes '\(name)' true")
            try expect(answers.contains(false), "no example makes '\(name)' false")
        }
        for caveat in caveats {
            for exchange in exchanges {
                try expect(verifier.covers(caveat, of: exchange), "does not cover its own '\(caveat)'")
            }
        }
    }

    private func whatPermitsNarrowsItself() throws {
        for caveat in values.map(caveat) where exchanges.contains(where: { verifier.allows(caveat, $0) }) {
            try expect(
                verifier.narrows(caveat, to: caveat),
                "'\(caveat)' permits something and does not narrow itself: a holder who says it twice is refused"
            )
        }
    }

    private func foreignCaveatsAreLeftAlone() throws {
        let caveats = (values + [""]).map { Caveat(condition: "a condition that nobody has", value: $0) }
        for exchange in exchanges {
            for caveat in caveats {
                try expect(!verifier.covers(caveat, of: exchange), "covers(\(caveat)), which is not its own")
            }
        }
    }

    /// Every value after every other: of the huge ones as much as a head might have is enough here.
    private func laterOnlyNarrows() throws {
        let caveats = (values + Self.hostileValues.map { String($0.prefix(1_000)) }).map(caveat)
        for earlier in caveats {
            for later in caveats where verifier.narrows(earlier, to: later) {
                try expectNarrower(later, than: earlier)
            }
        }
    }

    private func chainsOnlyNarrow() throws {
        var generator = Generator(state: seed)
        for _ in 0..<500 {
            var chain = [caveat(randomValue(&generator))]
            for _ in 0..<20 {
                let next = caveat(randomValue(&generator))
                guard let last = chain.last, verifier.narrows(last, to: next) else { continue }
                for earlier in chain {
                    try expectNarrower(next, than: earlier)
                }
                chain.append(next)
            }
        }
    }

    private func hostileValuesAreAnswered() throws {
        var hostile = Self.hostileValues
        for value in values {
            let bytes = Array(value.utf8)
            for count in bytes.indices {
                hostile.append(String(decoding: bytes[..<count], as: UTF8.self))
                for bit in 0..<8 {
                    var flipped = bytes
                    flipped[count] ^= 1 << UInt8(bit)
                    hostile.append(String(decoding: flipped, as: UTF8.self))
                }
            }
        }
        for hostile in hostile.map(caveat) {
            for exchange in exchanges {
                _ = verifier.covers(hostile, of: exchange)
                _ = verifier.allows(hostile, exchange)
            }
            for other in values.map(caveat) + [hostile] {
                _ = verifier.narrows(other, to: hostile)
                _ = verifier.narrows(hostile, to: other)
            }
            _ = verifier.rejection(of: hostile)
        }
    }

    private func rejectionsKeepValuesToThemselves() throws {
        let value = "a value that stands nowhere else"
        let rejection = verifier.rejection(of: caveat(value))
        try expect(!rejection.detail.contains(value), "the rejection repeats the value: \(rejection.detail)")
    }

    private func expectNarrower(_ later: Caveat, than earlier: Caveat) throws {
        for exchange in exchanges where verifier.allows(later, exchange) {
            try expect(
                verifier.allows(earlier, exchange),
                "'\(Self.shown(later))' narrows '\(Self.shown(earlier))' and permits what that does not"
            )
        }
    }

    /// An example, or one with a byte changed, or two examples put together.
    func randomValue(_ generator: inout Generator) -> String {
        let value = values.randomElement(using: &generator) ?? ""
        switch UInt8.random(in: 0..<8, using: &generator) {
        case 0:
            var bytes = Array(value.utf8)
            guard let index = bytes.indices.randomElement(using: &generator) else { return value }
            bytes[index] = UInt8.random(in: 0x20...0x7E, using: &generator)
            return String(decoding: bytes, as: UTF8.self)
        case 1:
            return value + "," + (values.randomElement(using: &generator) ?? "")
        case 2:
            return String(value.dropLast(Int.random(in: 0...3, using: &generator)))
        default:
            return value
        }
    }

    func caveat(_ value: String) -> Caveat {
        Caveat(condition: verifier.condition, value: value)
    }

    func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
        guard holds else { throw ConformanceFailure("\(verifier.condition): \(otherwise())") }
    }

    static func shown(_ caveat: Caveat) -> String {
        caveat.description.prefix(80).debugDescription
    }

    /// SplitMix64: the same chains in every run.
    struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
