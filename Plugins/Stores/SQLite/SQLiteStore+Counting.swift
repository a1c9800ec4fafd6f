package import GatewayKit

extension SQLiteStore {
    package func count(_ counter: Counter, upTo limit: Int) async throws -> Counted {
        try await counts.count(counter, upTo: limit, in: pool())
    }

    package func countAtOnce(_ counter: Counter, upTo limit: Int) -> Counted? {
        counts.reserve.use(counter, upTo: limit)
    }

    package func uncount(_ counter: Counter) {
        guard let pool = try? pool() else { return }
        counts.uncount(counter, in: pool)
    }

    package func take(_ amount: Int, of counter: Counter, upTo limit: Int) async throws -> Counted {
        try await counts.take(amount, of: counter, upTo: limit, in: pool())
    }

    package func giveBack(_ amount: Int, of counter: Counter) {
        guard let pool = try? pool() else { return }
        counts.giveBack(amount, of: counter, in: pool)
    }
}
