internal import NIOConcurrencyHelpers

/// What became of the questions of one pricer, since it was made. From any thread.
package final class PriceCounts: Sendable {
    package enum Name: String, Sendable, CaseIterable {
        /// Questions that went out, those that were asked once more left out.
        case asked
        case answered
        /// Asked once more.
        case hedged
        /// No question: the price was known.
        case cached
        /// No question: another request was asking the same.
        case joined
        case stale
        case fallback
        case refused
        /// Below zero, more than there is, or unreadable.
        case wrong
        case tooHigh = "too-high"
        case timedOut = "timed-out"
        case unreachable
        /// By a status of its own.
        case refusedByServer = "refused-by-server"
        /// Not asked: it failed too often.
        case leftAlone = "left-alone"
        case shadowAgreed = "shadow-agreed"
        case shadowDiffered = "shadow-differed"
        case shadowFailed = "shadow-failed"
        /// Not asked: too many questions are open.
        case shadowSkipped = "shadow-skipped"
        case offersTold = "offers-told"
        case offersLost = "offers-lost"
        /// Reports that the server does not take, so that it books nothing.
        case usageLost = "usage-lost"
    }

    private let counts = NIOLockedValueBox<[Name: UInt64]>([:])

    package init() {}

    package func add(_ name: Name) {
        counts.withLockedValue { $0[name, default: 0] &+= 1 }
    }

    package subscript(name: Name) -> UInt64 {
        counts.withLockedValue { $0[name] ?? 0 }
    }

    /// All of them, in their order.
    package var all: [(name: String, count: UInt64)] {
        let counts = counts.withLockedValue { $0 }
        return Name.allCases.map { ($0.rawValue, counts[$0] ?? 0) }
    }
}
