package import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// What this process has taken from the counters on disk and not used yet. May be used from any thread.
///
/// So a counter costs a commit for a quarter of its limit and not for each count. What is here is counted on disk
/// already: a process that is killed loses it, and lets nothing through twice.
package final class CountReserve: Sendable {
    /// How much is taken from a counter at once.
    static func share(of limit: Int) -> Int { max(1, limit / 4) }

    private struct Entry {
        /// Taken by this process and not used.
        var unused: Int
        /// Taken by all processes, when the disk was last asked.
        var taken: Int
    }

    private struct State {
        var entries = [String: Entry]()
        /// The keys of `entries` in the order in which they came.
        var order = CircularBuffer<String>()
    }

    private let state = NIOLockedValueBox(State())
    private let capacity: Int

    /// - Parameter capacity: counters that are kept in memory at the most; others cost a look at the disk.
    package init(capacity: Int = 65_536) {
        self.capacity = capacity
    }

    /// Counts one of what was taken before; `nil` where the disk must be asked.
    package func use(_ counter: Counter, upTo limit: Int) -> Counted? {
        state.withLockedValue { state in
            guard let entry = state.entries[counter.key] else { return nil }
            let used = entry.taken - entry.unused
            // Another limit may have been the one that it was taken for.
            if used >= limit { return .full }
            guard entry.unused > 0 else { return nil }
            state.entries[counter.key]?.unused -= 1
            return .counted(left: limit - used - 1)
        }
    }

    /// Adds what was taken from counters, all of it before anybody uses any.
    ///
    /// - Returns: what must be given back to the disk, of counters for which there is no room any more.
    package func add(_ takings: [(counter: Counter, granted: Int, taken: Int)]) -> [(key: String, unused: Int)] {
        state.withLockedValue { state in
            var leftovers = [(key: String, unused: Int)]()
            for taking in takings {
                let key = taking.counter.key
                if state.entries[key] == nil {
                    leftovers += makeRoom(in: &state)
                    state.entries[key] = Entry(unused: 0, taken: 0)
                    state.order.append(key)
                }
                state.entries[key]?.unused += taking.granted
                state.entries[key]?.taken = taking.taken
            }
            return leftovers
        }
    }

    private func makeRoom(in state: inout State) -> [(key: String, unused: Int)] {
        var leftovers = [(key: String, unused: Int)]()
        while state.order.count >= capacity, let oldest = state.order.popFirst() {
            guard let entry = state.entries.removeValue(forKey: oldest), entry.unused > 0 else { continue }
            leftovers.append((oldest, entry.unused))
        }
        return leftovers
    }

    /// - Returns: false when the counter is no longer in memory: then it is given back to the disk.
    package func giveBack(_ counter: Counter) -> Bool {
        state.withLockedValue { state in
            guard state.entries[counter.key] != nil else { return false }
            state.entries[counter.key]?.unused += 1
            return true
        }
    }

    func unused(of counter: Counter) -> Int {
        state.withLockedValue { $0.entries[counter.key]?.unused ?? 0 }
    }

    /// Everything that is unused, which is then no longer here.
    package func drain() -> [(key: String, unused: Int)] {
        state.withLockedValue { state in
            defer { state = State() }
            return state.entries.compactMap { $0.value.unused > 0 ? ($0.key, $0.value.unused) : nil }
        }
    }

    package var count: Int { state.withLockedValue { $0.entries.count } }
}
