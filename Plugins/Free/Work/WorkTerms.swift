internal import GatewayKit

/// How much work a request costs.
package struct WorkTerms: Sendable {
    /// About a second in a browser.
    private static let usualBits = 20
    private static let usualLifetime = Duration.seconds(300)

    /// Leading zero bits of the hash: each doubles the work.
    package let bits: Int
    /// How long a challenge may be answered.
    package let lifetime: Duration
    /// Whom a challenge is for.
    package let blocks: AddressBlocks

    package init(bits: Int, lifetime: Duration = Self.usualLifetime, blocks: AddressBlocks = .usual) {
        self.bits = bits
        self.lifetime = lifetime
        self.blocks = blocks
    }

    /// `20`, or `{ bits: 20, valid-for: 5m, ipv4: /24, ipv6: /48 }`.
    init(from settings: inout PolicyReader) {
        let range = 1...32
        if let short = settings.shorthand() {
            let bits = settings.value(
                of: short,
                named: "'\(settings.word)'",
                expected: "a number of bits from \(range.lowerBound) to \(range.upperBound)"
            ) { Int($0).flatMap { range.contains($0) ? $0 : nil } }
            self.init(bits: bits ?? Self.usualBits)
            return
        }
        let bits = settings.integer("bits", in: range, or: Self.usualBits)
        let lifetime = settings.duration("valid-for", or: Self.usualLifetime)
        if lifetime < .seconds(10) || lifetime > .seconds(3_600) {
            settings.note(settings.error(at: "valid-for", "should be from 10s to 1h"))
        }
        self.init(bits: bits, lifetime: lifetime, blocks: AddressBlocks(from: &settings))
    }
}
