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
}
