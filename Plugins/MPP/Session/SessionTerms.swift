package import GatewayKit

/// What a route's `auth: mpp` says about sessions.
package struct SessionTerms: Sendable {
    package enum Secret: String, Sendable, CaseIterable {
        /// The deposit's preimage is all that a client needs, as the draft has it. Whoever forwarded the payment knows it too.
        case plain
        /// The answer that opens a session holds a secret, which everything else that is done with it must carry.
        case bound
    }

    /// How many times the price is deposited where the policy does not say.
    private static let usualUnits: UInt64 = 20
    private static let keys = [
        "deposit", "meter", "session-idle", "session-secret", "session-timeout", "max-refund-fee",
    ]

    /// `nil`: twenty times the price.
    package let deposit: Amount?
    package let meter: SessionMeter
    /// After so long without a use a session is closed, and what is left is paid back.
    package let idleTimeout: Duration
    /// How long a stream waits for a top-up.
    package let topUpTimeout: Duration
    package let secret: Secret
    package let refundFee: RefundFee

    /// - Parameter isOffered: whether sessions are among the route's intents; the keys have no meaning otherwise.
    package init(from settings: inout PolicyReader, isOffered: Bool) {
        deposit = settings.contains("deposit") ? settings.amount("deposit") : nil
        if deposit == .zero || deposit.map({ $0.millisatoshis % 1_000 != 0 }) == true {
            settings.note(settings.error(at: "deposit", "should be whole satoshis, and at least one"))
        }
        meter = SessionMeter(from: &settings, "meter")
        idleTimeout = settings.duration("session-idle", or: .seconds(300))
        if idleTimeout < .seconds(10) || idleTimeout > .seconds(30 * 86_400) {
            settings.note(settings.error(at: "session-idle", "should be from 10s to 30d"))
        }
        topUpTimeout = settings.duration("session-timeout", or: .seconds(60))
        if topUpTimeout < .seconds(1) || topUpTimeout > .seconds(3_600) {
            settings.note(settings.error(at: "session-timeout", "should be from 1s to 1h"))
        }
        let word = settings.choice("session-secret", of: Secret.allCases.map(\.rawValue), or: Secret.plain.rawValue)
        secret = Secret(rawValue: word) ?? .plain
        refundFee = Self.refundFee(from: &settings)
        guard !isOffered else { return }
        for key in Self.keys where settings.contains(key) {
            settings.note(settings.error(at: key, "is for sessions, which 'intents' does not name"))
        }
    }

    /// `100 sat`, or `{ base: 10 sat, ppm: 10000 }`.
    private static func refundFee(from settings: inout PolicyReader) -> RefundFee {
        let usual = RefundFee(base: Amount(millisatoshis: 10_000), partsPerMillion: 10_000)
        guard let node = settings.node("max-refund-fee") else { return usual }
        if case .map = node.content, var section = settings.section("max-refund-fee") {
            defer { section.finish() }
            return RefundFee(
                base: section.amount("base", or: usual.base),
                partsPerMillion: section.integer("ppm", in: 0...1_000_000, or: usual.partsPerMillion)
            )
        }
        let form = "an amount such as 100 sat, or { base: 10 sat, ppm: 10000 }"
        let base = settings.value(of: node, named: "'max-refund-fee'", expected: form) { Amount(parsing: $0) }
        return RefundFee(base: base ?? usual.base, partsPerMillion: 0)
    }

    /// What is to be deposited for units of this price: at least one.
    ///
    /// - Parameter usual: what is asked for where the policy does not say; `nil`: twenty times the price.
    func deposit(for price: Amount, instead usual: Amount?) -> Amount {
        let usual = usual.flatMap { Amount.satoshis($0.satoshisRoundedUp) }
        return max(deposit ?? usual ?? usualDeposit(for: price), price)
    }

    private func usualDeposit(for price: Amount) -> Amount {
        let usual = Amount.satoshis(
            price.satoshisRoundedUp.multipliedReportingOverflow(by: Self.usualUnits).partialValue
        )
        let isSmall = price.satoshisRoundedUp <= Amount.maximum.satoshisRoundedUp / Self.usualUnits
        return (isSmall ? usual : nil) ?? price
    }
}
