internal import GatewayKit

extension StoreConformance {
    private static func counter(_ name: String = "") -> Counter {
        Counter("conformance/\(Bytes32.random().hex)\(name)", end: time.advanced(by: .seconds(600)))
    }

    /// How much of a counter so many callers at the same time got, who each ask for `amount`.
    private func taken(
        _ amount: Int,
        by callers: Int,
        of counter: Counter,
        upTo limit: Int,
        _ store: any Store
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: Counted.self) { group in
            for _ in 0..<callers {
                group.addTask { try await store.take(amount, of: counter, upTo: limit) }
            }
            return try await group.reduce(0) { $0 + ($1 == .full ? 0 : amount) }
        }
    }

    func takingIsAllOrNothing(_ store: any Store) async throws {
        let counter = Self.counter()
        try expect(try await store.take(7, of: counter, upTo: 10), .counted(left: 3), "7 of 10")
        try expect(try await store.take(4, of: counter, upTo: 10), .full, "4 of the 3 that are left")
        try expect(try await store.take(3, of: counter, upTo: 10), .counted(left: 0), "all 3 that are left")
        try expect(try await store.take(1, of: counter, upTo: 10), .full, "1 of nothing")
        try expect(try await store.take(1, of: counter, upTo: 12), .counted(left: 1), "1 more, with room for two")
        let large = Self.counter()
        try expect(try await store.take(.max, of: large, upTo: .max), .counted(left: 0), "as much as there can be")
        try expect(try await store.take(.max, of: large, upTo: .max), .full, "as much as there can be, again")
    }

    func takingIsExactAtOnce(_ store: any Store) async throws {
        for (amount, limit, most) in [(10, 100, 100), (7, 100, 98), (100, 99, 0), (1, 1, 1)] {
            let counter = Self.counter()
            try expect(
                try await taken(amount, by: 64, of: counter, upTo: limit, store),
                most,
                "what 64 callers got who asked for \(amount) each of \(limit)"
            )
        }
    }

    func givingBackIsExact(_ store: any Store) async throws {
        let counter = Self.counter()
        _ = try await taken(10, by: 8, of: counter, upTo: 50, store)
        for _ in 0..<3 { store.giveBack(10, of: counter) }
        try expect(
            try await taken(10, by: 8, of: counter, upTo: 50, store),
            30,
            "what 8 callers got who asked for 10 each after 30 were given back"
        )
    }

    func takeBefore(_ store: any Store) async throws -> Counter {
        let counter = Self.counter()
        try expect(try await store.take(60, of: counter, upTo: 100), .counted(left: 40), "60 of 100")
        store.giveBack(20, of: counter)
        return counter
    }

    func takeAfter(_ store: any Store, _ counter: Counter) async throws {
        try expect(try await store.take(61, of: counter, upTo: 100), .full, "61 of 60 after reopening")
        try expect(try await store.take(60, of: counter, upTo: 100), .counted(left: 0), "60 of 60 after reopening")
    }
}
