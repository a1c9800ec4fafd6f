internal import GatewayKit

extension StoreConformance {
    private static func counter(_ name: String = "") -> Counter {
        Counter("conformance/\(Bytes32.random().hex)\(name)", end: time.advanced(by: .seconds(600)))
    }

    /// How many of so many callers at the same time are counted.
    private func counted(_ callers: Int, _ counter: Counter, upTo limit: Int, _ store: any Store) async throws -> Int {
        try await withThrowingTaskGroup(of: Counted.self) { group in
            for _ in 0..<callers {
                group.addTask {
                    if let counted = store.countAtOnce(counter, upTo: limit) { return counted }
                    return try await store.count(counter, upTo: limit)
                }
            }
            return try await group.reduce(0) { $0 + ($1 == .full ? 0 : 1) }
        }
    }

    func countsUpToItsLimit(_ store: any Store) async throws {
        for limit in [1, 2, 10, 37] {
            let counter = Self.counter()
            try expect(
                try await counted(64, counter, upTo: limit, store),
                limit,
                "callers of 64 that were counted up to \(limit)"
            )
            try expect(try await store.count(counter, upTo: limit), .full, "one more")
            try expect(
                try await store.count(counter, upTo: limit + 2),
                .counted(left: 1),
                "one more, with room for two"
            )
        }
        try expect(try await store.count(Self.counter(), upTo: 0), .full, "a count up to nothing")
    }

    func countersAreSeparate(_ store: any Store) async throws {
        let first = Self.counter("é")
        let second = Counter("\(first.key) ", end: first.end)
        for left in [2, 1, 0] {
            try expect(try await store.count(first, upTo: 3), .counted(left: left), "a count of three")
        }
        try expect(try await store.count(second, upTo: 3), .counted(left: 2), "the first count of another counter")
        try expect(try await store.count(first, upTo: 3), .full, "a fourth count of three")
    }

    func uncountingIsExact(_ store: any Store) async throws {
        let counter = Self.counter()
        _ = try await counted(8, counter, upTo: 5, store)
        for _ in 0..<2 { store.uncount(counter) }
        try expect(try await counted(8, counter, upTo: 5, store), 2, "callers of 8 after two were taken back")
    }

    func countBefore(_ store: any Store) async throws -> Counter {
        let counter = Self.counter()
        try expect(try await counted(3, counter, upTo: 10, store), 3, "callers of 3 that were counted up to 10")
        return counter
    }

    func countAfter(_ store: any Store, _ counter: Counter) async throws {
        try expect(
            try await counted(16, counter, upTo: 10, store),
            7,
            "callers of 16 that were counted after reopening"
        )
    }
}
