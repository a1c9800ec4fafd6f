package import GatewayKit
internal import NIOConcurrencyHelpers

extension MemoryStore {
    package func count(_ counter: Counter, upTo limit: Int) async throws -> Counted {
        let now = time.now()
        return try counts.withLockedValue { try $0.count(counter, upTo: limit, at: now) }
    }

    package func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted {
        let now = time.now()
        return try counts.withLockedValue { try $0.count(counter, amount, upTo: limit, at: now) }
    }

    package func giveBack(_ amount: Int, of counter: Counter) {
        counts.withLockedValue { $0.uncount(counter, amount) }
    }

    /// Everything is known at once, but that there is room for another counter.
    package func countAtOnce(_ counter: Counter, upTo limit: Int) -> Counted? {
        let now = time.now()
        return counts.withLockedValue { try? $0.count(counter, upTo: limit, at: now) }
    }

    package func uncount(_ counter: Counter) {
        counts.withLockedValue { $0.uncount(counter) }
    }
}
