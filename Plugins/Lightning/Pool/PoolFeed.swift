internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Numbers the settlements that a pool tells of, and knows for the last of them where each node stood: what a cursor of the
/// pool means. One of a process before this one means nothing here; where the nodes stood then is in the store.
final class PoolFeed: Sendable {
    private static let memory = 1_024

    private struct Entry {
        let position: UInt64
        let member: Int
        let cursor: SettlementCursor
    }

    private struct State {
        var position: UInt64 = 0
        var entries = CircularBuffer<Entry>()
        /// Where the nodes stood before the first of `entries`, and the number of the settlement before it.
        var before: [Int: SettlementCursor] = [:]
        var start: UInt64 = 0

        mutating func add(_ cursor: SettlementCursor, of member: Int) {
            entries.append(Entry(position: position, member: member, cursor: cursor))
            if entries.count > PoolFeed.memory, let oldest = entries.popFirst() {
                before[oldest.member] = oldest.cursor
                start = oldest.position
            }
        }
    }

    private let state = NIOLockedValueBox(State())

    /// Where the nodes stood at a cursor, those of which that is known.
    func nodes(at cursor: SettlementCursor?) -> [Int: SettlementCursor] {
        guard let cursor else { return [:] }
        return state.withLockedValue { state in
            state.position = max(state.position, cursor.position)
            guard cursor.position >= state.start else { return [:] }
            var nodes = state.before
            for entry in state.entries where entry.position <= cursor.position {
                nodes[entry.member] = entry.cursor
            }
            return nodes
        }
    }

    /// A cursor that stands where these nodes do.
    func cursor(of nodes: [Int: SettlementCursor]) -> SettlementCursor {
        state.withLockedValue { state in
            state.position += 1
            for (member, cursor) in nodes { state.add(cursor, of: member) }
            return SettlementCursor(position: state.position)
        }
    }

    /// What a node has told means nothing to the one in its place.
    func forget(_ member: Int) {
        state.withLockedValue { state in
            state.before[member] = nil
            state.entries.removeAll { $0.member == member }
        }
    }

    /// Gives a settlement of a node its number.
    func numbered(_ settlement: Settlement, of member: Int) -> Settlement {
        state.withLockedValue { state in
            state.position += 1
            state.add(settlement.cursor, of: member)
            return Settlement(
                payment: settlement.payment,
                amount: settlement.amount,
                settledAt: settlement.settledAt,
                cursor: SettlementCursor(position: state.position)
            )
        }
    }
}
