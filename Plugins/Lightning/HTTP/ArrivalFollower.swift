internal import GatewayKit
internal import NIOConcurrencyHelpers

/// Follows a node that lists its payments by when they arrived: asks for what is new, again and again.
///
/// A node notes the time of a payment before others can read it, so that one may show up behind another that is later: what
/// was told lately is asked for again, and what is new in it gets the next cursor. One that shows up so while nobody
/// follows is not told afterwards; it is settled all the same (`LightningBackend.isSettled`).
struct ArrivalFollower: Sendable {
    /// Payments of a list that begins with the newest, from the given place in it on, of this tick and later ones; may hold
    /// earlier ones, too. Ends the list where it is shorter than half of `pageLength`: a node may leave others out of a page
    /// (phoenixd, `Api.kt`: those on the chain).
    typealias Page = @Sendable (_ since: UInt64, _ offset: Int) async throws -> [ArrivedPayment]

    let clock: ArrivalClock
    let time: TimeSource
    let pageLength: Int
    let page: Page
    /// Waits until there may be news.
    let pause: @Sendable () async throws -> Void

    /// Seconds that are asked for again.
    private static let overlap: UInt64 = 10
    /// Payments that are told after one look at most, the oldest first.
    private static let mostTold = 10_000
    /// The clocks of a node and of this machine differ by less.
    private static let clockDifference = Duration.seconds(3_600)

    private struct State {
        /// `nil` until the beginning is known.
        var position: UInt64?
        /// Told or passed over, of the last seconds.
        var known: [PaymentHash: UInt64] = [:]
        var waiting: ArraySlice<Settlement> = []
    }

    func settlementsEnd() async throws -> SettlementCursor {
        let newest = try await page(0, 0).map { clock.position(of: $0) }.max()
        return SettlementCursor(position: newest ?? 0)
    }

    /// Asks as its reader reads, and not before.
    func settlements(since cursor: SettlementCursor?) -> AsyncThrowingStream<Settlement, any Error> {
        let state = NIOLockedValueBox(State())
        return AsyncThrowingStream(unfolding: {
            while true {
                try Task.checkCancellation()
                if let settlement = state.withLockedValue({ $0.waiting.popFirst() }) { return settlement }
                if let position = state.withLockedValue({ $0.position }) {
                    try await look(behind: position, isFirst: false, state)
                } else if let cursor {
                    try await look(behind: cursor.position, isFirst: true, state)
                } else {
                    try await look(behind: settlementsEnd().position, isFirst: true, state)
                }
                if state.withLockedValue({ $0.waiting.isEmpty }) { try await pause() }
            }
        })
    }

    /// Notes what is new behind a position.
    private func look(behind position: UInt64, isFirst: Bool, _ state: NIOLockedValueBox<State>) async throws {
        let since = beginning(behind: position)
        let arrived = try await self.arrived(since: since).sorted { clock.position(of: $0) < clock.position(of: $1) }
        state.withLockedValue { state in
            var last = position
            for payment in arrived where state.known.updateValue(payment.tick, forKey: payment.payment) == nil {
                let own = clock.position(of: payment)
                if isFirst, own <= position { continue }
                last = max(own, last + 1)
                state.waiting.append(
                    Settlement(
                        payment: payment.payment,
                        amount: payment.amount,
                        settledAt: payment.arrivedAt,
                        cursor: SettlementCursor(position: last)
                    )
                )
            }
            state.position = last
            let oldest = beginning(behind: last)
            state.known = state.known.filter { $0.value >= oldest }
        }
    }

    /// The tick from which on a node is asked for what may be new. One whose clock was ahead and was put right gives earlier
    /// times than it gave before.
    private func beginning(behind position: UInt64) -> UInt64 {
        clock.tick(min(clock.tick(of: position), clock.tick(at: time.now())), lessSeconds: Self.overlap)
    }

    /// The payments of this tick and later ones; the oldest of them where there are too many.
    private func arrived(since tick: UInt64) async throws -> [ArrivedPayment] {
        let latest = time.now().advanced(by: Self.clockDifference)
        var arrived = [ArrivedPayment]()
        var offset = 0
        while true {
            let page = try await self.page(tick, offset)
            // One tick far ahead would hide all payments until then.
            guard page.allSatisfy({ $0.arrivedAt <= latest }) else {
                throw LightningFailure(.malformed, "the node lists a payment from the future: look at its clock")
            }
            arrived += page.filter { $0.tick >= tick }
            if arrived.count > Self.mostTold { arrived.removeFirst(arrived.count - Self.mostTold) }
            guard page.count >= pageLength / 2, page.allSatisfy({ $0.tick >= tick }) else { return arrived }
            offset += pageLength
        }
    }
}
