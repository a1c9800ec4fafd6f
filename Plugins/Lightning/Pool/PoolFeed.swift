internal import GatewayKit
internal import NIOConcurrencyHelpers

/// The numbers of the settlements that a pool has told of, and the last one, whose reader has not come back yet.
final class PoolFeed: Sendable {
    struct Delivery: Sendable {
        /// As the pool tells it: with a cursor of its own.
        let told: Settlement
        /// As the node told it.
        let original: Settlement
        let member: Int
    }

    private struct State {
        var position: UInt64 = 0
        var last: Delivery?
    }

    private let state = NIOLockedValueBox(State())

    var end: SettlementCursor { SettlementCursor(position: state.withLockedValue { $0.position }) }

    /// A reader begins behind a cursor, which may be of a process before this one.
    ///
    /// - Returns: what it has read and nobody has noted.
    func begin(since cursor: SettlementCursor?) -> Delivery? {
        state.withLockedValue { state in
            guard let cursor else { return nil }
            state.position = max(state.position, cursor.position)
            guard let last = state.last, last.told.cursor.position <= cursor.position else { return nil }
            return last
        }
    }

    /// Gives a settlement its number.
    func deliver(_ settlement: Settlement, of member: Int) -> Settlement {
        state.withLockedValue { state in
            state.position += 1
            let told = Settlement(
                payment: settlement.payment,
                amount: settlement.amount,
                settledAt: settlement.settledAt,
                cursor: SettlementCursor(position: state.position)
            )
            state.last = Delivery(told: told, original: settlement, member: member)
            return told
        }
    }

    func forget(_ payment: PaymentHash) {
        state.withLockedValue { state in
            if state.last?.told.payment == payment { state.last = nil }
        }
    }
}
