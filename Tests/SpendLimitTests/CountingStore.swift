import GatewayKit
import GatewayTesting
import NIOConcurrencyHelpers

/// A store that knows what was taken, and refuses everything else.
final class CountingStore: ForwardingStore {
    let base: any Store = RefusingStore()
    private let counts = NIOLockedValueBox<[String: Int]>([:])
    private let isDown: Bool

    init(isDown: Bool = false) {
        self.isDown = isDown
    }

    /// What was taken of each counter and not given back.
    var taken: [String: Int] { counts.withLockedValue { $0 } }

    func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted {
        if isDown { throw StoreFailure("this store is down") }
        return counts.withLockedValue { counts in
            let sum = counts[counter.key, default: 0] + amount
            guard sum <= limit else { return .full }
            counts[counter.key] = sum
            return .counted(left: limit - sum)
        }
    }

    func giveBack(_ amount: Int, of counter: Counter) {
        counts.withLockedValue { $0[counter.key, default: 0] -= amount }
    }
}
