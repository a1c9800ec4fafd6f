internal import GatewayKit

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension WallTime {
    /// A certificate's date, which has whole seconds between the years 0 and 9999 (RFC 5280 §4.1.2.5).
    init(_ date: Date) {
        self.init(seconds: Int64(date.timeIntervalSince1970))
    }

    var date: Date { Date(timeIntervalSince1970: Double(seconds)) }
}
