internal import Foundation
package import GatewayKit

/// `time-of-day=08:00-18:00,22:00-02:00`: the credential counts at these times of the day, in the zone of the policy.
///
/// The clock on the wall counts: a window from 02:00 to 03:00 does not come where an hour is left out, and comes twice where
/// one is repeated.
package struct TimeOfDayCaveat: CaveatVerifier, Plugin {
    package static let word = "time-of-day"
    package let condition = "time-of-day"

    private let zone: TimeZone
    private let time: TimeSource

    /// `time-of-day`, `{ time-of-day: Europe/Berlin }` or `{ use: time-of-day, zone: Europe/Berlin }`; without a zone UTC.
    package init(from settings: inout PolicyReader, _ services: Services) {
        time = services.time
        let expected = "a time zone such as Europe/Berlin or UTC"
        if let short = settings.shorthand() {
            zone = settings.value(of: short, named: "'\(Self.word)'", expected: expected, Self.zone) ?? .gmt
        } else {
            zone = settings.value("zone", or: .gmt, placeholder: .gmt, expected: expected, Self.zone)
        }
    }

    package func allows(_ caveat: Caveat, _ exchange: Exchange) -> Bool {
        let now = time.now()
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(now.seconds)))
        let second = (now.seconds % 86_400 + Int64(offset % 86_400) + 2 * 86_400) % 86_400
        return DayWindows(caveat.value)?.contains(minute: Int(second / 60)) ?? false
    }

    package func narrows(_ earlier: Caveat, to later: Caveat) -> Bool {
        guard let earlier = DayWindows(earlier.value), let later = DayWindows(later.value) else { return false }
        return later.isSubset(of: earlier)
    }

    package func verdict(on sold: SoldCaveat) -> SoldCaveatVerdict? {
        guard sold.condition == condition else { return nil }
        guard case .text(let value) = sold.value, DayWindows(value) != nil else {
            return .unfulfillable("is no list of times such as 08:00-18:00,22:00-02:00")
        }
        return .enforced
    }

    /// By its name in the time zone database, so that summer time is known.
    private static func zone(_ name: String) -> TimeZone? {
        name == "UTC" ? .gmt : name.contains("/") ? TimeZone(identifier: name) : nil
    }
}
