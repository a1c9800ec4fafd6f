package import GatewayKit
internal import HTTPTypes

/// Which requests are written down.
///
/// Depends on nothing but the exchange's id and how it ended, so that every instance which sees an id says the same.
package struct AccessLogSample: Sendable {
    /// Of 2^32.
    private let share: UInt64

    /// - Parameter share: 0...1; what is beyond counts as the nearer of the two, and what is no number as 0.
    package init(_ share: Double) {
        self.share = share > 0 ? UInt64(min(share, 1) * 0x1_0000_0000) : 0
    }

    package func includes(_ id: ExchangeID, _ outcome: Outcome) -> Bool {
        Self.mustBeSeen(outcome) || Self.mixed(id.number) >> 32 < share
    }

    /// What a client does itself, leaving early too, is sampled: it must not be able to fill the log.
    private static func mustBeSeen(_ outcome: Outcome) -> Bool {
        if let status = outcome.status, status.code >= 500 { return true }
        switch outcome.end {
        case .upstreamFailed, .drained, .cut: return true
        case .answered, .replied, .clientLeft: return false
        }
    }

    /// Every bit of the result depends on every bit of `number` (the finaliser of MurmurHash3): ids may be consecutive.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }
}
