package import Logging
internal import NIOConcurrencyHelpers

/// A second price server that is asked what the first one is: its answers are compared, counted and logged, and nobody waits
/// for them or pays by them.
package final class ShadowSource: Sendable {
    /// Questions that may be open at the same time; further ones are not asked.
    package static let usualLimit = 64

    private let source: any PriceSource
    private let limit: Int
    private let counts: PriceCounts
    private let logger: Logger
    private let open = NIOLockedValueBox(0)

    package init(
        _ source: any PriceSource,
        limit: Int = ShadowSource.usualLimit,
        counts: PriceCounts,
        logger: Logger
    ) {
        self.source = source
        self.limit = limit
        self.counts = counts
        self.logger = logger
    }

    package var name: String { source.name }

    /// Asks, and returns at once.
    ///
    /// - Returns: `nil` when too many questions are open.
    func begin(_ question: PriceQuestion) -> Comparison? {
        let mayAsk = open.withLockedValue { open in
            guard open < limit else { return false }
            open += 1
            return true
        }
        guard mayAsk else {
            counts.add(.shadowSkipped)
            return nil
        }
        let task = Task {
            defer { open.withLockedValue { $0 -= 1 } }
            return try? await source.satoshis(for: question)
        }
        return Comparison(path: question.printablePath, answer: task, shadow: self)
    }

    /// One question that both are asked.
    struct Comparison: Sendable {
        fileprivate let path: String
        fileprivate let answer: Task<Int64?, Never>
        fileprivate let shadow: ShadowSource

        /// Compares as soon as the answer is there; returns at once.
        ///
        /// - Parameter satoshis: of the one that counts; `nil`: it has not answered.
        func end(with satoshis: Int64?) {
            Task { shadow.compare(satoshis, await answer.value, path: path) }
        }
    }

    private func compare(_ real: Int64?, _ other: Int64?, path: String) {
        guard let other else { return counts.add(.shadowFailed) }
        guard other != real else { return counts.add(.shadowAgreed) }
        counts.add(.shadowDiffered)
        logger.notice(
            "a price server in shadow wants another price",
            metadata: [
                "path": "\(path)", "price": "\(real.map { "\($0) sat" } ?? "none")", "shadow": "\(other) sat",
                "server": "\(name)",
            ]
        )
    }
}
