import GatewayKit
import GatewayPricing
import GatewayTesting
import Standard
import Testing

@Suite(.timeLimit(.minutes(5)))
struct PriceBookTests {
    private static let rates = ModelRates(input: .milli(1), output: .milli(2), bundle: .sat(1), reserve: 100)

    private let time = ManualTime()

    /// One that may cost two millisatoshis for each token of output.
    private static func draw(
        _ tokens: UInt64,
        from token: String = "a",
        for service: String = "models",
        path: String = "/v1"
    ) -> Draw {
        Draw(
            token: token,
            service: service,
            path: path,
            rates: rates,
            estimate: TokenEstimate(input: 0, output: tokens)
        )
    }

    private func sell(_ book: PriceBook, _ token: String = "a", _ capacity: Amount = .sat(1)) async throws {
        _ = try await book.sell(token, for: "models", capacity: capacity, at: time.now)
    }

    private func admit(_ book: PriceBook, _ draw: Draw) async throws -> Int64 {
        let admission = try await book.admit(draw, at: time.now)
        guard case .admitted(let number) = admission else {
            Issue.record("\(admission)")
            return 0
        }
        return number
    }

    // MARK: One request after the other

    @Test(arguments: BookPlace.tested)
    func `a request costs what its response says, and what was reserved is free again`(place: BookPlace) async throws {
        try await place.withBook { book in
            try await sell(book)
            let number = try await admit(book, Self.draw(100))
            let during = try await book.balance(of: "a")
            #expect(during == MeterBalance(capacity: .sat(1), reserved: .msat(200)))
            let settlement = try await book.settle(number, of: "a", path: "/v1", .used(11, 5))
            #expect(settlement?.cost == .msat(21))
            #expect(settlement?.left == .msat(979))
            let after = try await book.balance(of: "a")
            #expect(after == MeterBalance(capacity: .sat(1), spent: .msat(21)))
        }
    }

    @Test(arguments: BookPlace.tested)
    func `a report that comes again changes nothing`(place: BookPlace) async throws {
        try await place.withBook { book in
            try await sell(book)
            let number = try await admit(book, Self.draw(100))
            _ = try await book.settle(number, of: "a", path: "/v1", .used(11, 5))
            for response in [MeteredUsage.Response.used(11, 5), .used(1_000, 1_000), MeteredUsage.Response()] {
                let settlement = try await book.settle(number, of: "a", path: "/v1", response)
                #expect(settlement?.cost == .zero)
                #expect(settlement?.left == .msat(979))
            }
        }
    }

    @Test(arguments: BookPlace.tested)
    func `a request that the bundle is not for is not let through`(place: BookPlace) async throws {
        let cases: [(Draw, Admission)] = [
            (Self.draw(1, from: "b"), .unknown), (Self.draw(1, for: "images"), .elsewhere), (Self.draw(501), .tooLarge),
        ]
        try await place.withBook { book in
            try await sell(book)
            for (draw, admission) in cases {
                let found = try await book.admit(draw, at: time.now)
                #expect(found == admission)
                let balance = try await book.balance(of: "a")
                #expect(balance == MeterBalance(capacity: .sat(1)))
            }
        }
    }

    @Test(arguments: BookPlace.tested)
    func `the last request of a bundle may take more than is left, and the next is refused`(
        place: BookPlace
    ) async throws {
        try await place.withBook { book in
            try await sell(book)
            let first = try await admit(book, Self.draw(499))
            let second = try await admit(book, Self.draw(1))
            let crowded = try await book.admit(Self.draw(1), at: time.now)
            #expect(crowded == .busy)
            _ = try await book.settle(first, of: "a", path: "/v1", .used(0, 499))
            _ = try await book.settle(second, of: "a", path: "/v1", .used(0, 400))
            let balance = try await book.balance(of: "a")
            #expect(balance == MeterBalance(capacity: .sat(1), spent: .msat(1_798)))
            let spent = try await book.admit(Self.draw(1), at: time.now)
            #expect(spent == .exhausted)
        }
    }

    @Test(arguments: BookPlace.tested)
    func `what is sold twice is sold once`(place: BookPlace) async throws {
        try await place.withBook { book in
            let first = try await book.sell("a", for: "models", capacity: .sat(1), at: time.now)
            let second = try await book.sell("a", for: "others", capacity: .sat(9), at: time.now)
            #expect([first, second] == [true, false])
            let balance = try await book.balance(of: "a")
            #expect(balance?.capacity == .sat(1))
        }
    }

    @Test(arguments: BookPlace.tested)
    func `a report without a number ends the oldest request of its path`(place: BookPlace) async throws {
        try await place.withBook { book in
            try await sell(book)
            _ = try await admit(book, Self.draw(10, path: "/other"))
            let number = try await admit(book, Self.draw(20))
            _ = try await book.settle(0, of: "a", path: "/v1", .used(1, 0))
            let balance = try await book.balance(of: "a")
            #expect(balance == MeterBalance(capacity: .sat(1), spent: .msat(1), reserved: .msat(20)))
            let again = try await book.settle(number, of: "a", path: "/v1", .used(1, 0))
            #expect(again?.cost == .zero)
        }
    }

    @Test(arguments: BookPlace.tested)
    func `the number of one token ends no request of another`(place: BookPlace) async throws {
        try await place.withBook { book in
            try await sell(book)
            try await sell(book, "b")
            let number = try await admit(book, Self.draw(10))
            let settlement = try await book.settle(number, of: "b", path: "/v1", .used(1, 0))
            #expect(settlement?.cost == .zero)
            let balance = try await book.balance(of: "a")
            #expect(balance?.reserved == .msat(20))
        }
    }

    @Test(arguments: BookPlace.tested)
    func `what nobody has bought has no report`(place: BookPlace) async throws {
        try await place.withBook { book in
            let settlement = try await book.settle(1, of: "a", path: "/v1", .used(1, 0))
            #expect(settlement == nil)
        }
    }

    // MARK: Time

    @Test(arguments: BookPlace.tested)
    func `what nobody reports is given back, and a late report counts all the same`(place: BookPlace) async throws {
        try await place.withBook { book in
            try await sell(book)
            let number = try await admit(book, Self.draw(500))
            let busy = try await book.admit(Self.draw(1), at: time.now)
            #expect(busy == .busy)
            time.advance(by: PriceList.example.reservationTime)
            _ = try await admit(book, Self.draw(1))
            let late = try await book.settle(number, of: "a", path: "/v1", .used(7, 0))
            #expect(late?.cost == .msat(7))
            let balance = try await book.balance(of: "a")
            #expect(balance == MeterBalance(capacity: .sat(1), spent: .msat(7), reserved: .msat(2)))
        }
    }

    @Test(arguments: BookPlace.tested)
    func `reservations expire when nobody comes again, too`(place: BookPlace) async throws {
        try await place.withBook { book in
            for index in 0..<600 {
                try await sell(book, "\(index)")
                _ = try await admit(book, Self.draw(10, from: "\(index)"))
            }
            let early = try await book.expire(at: time.now)
            time.advance(by: PriceList.example.reservationTime)
            let due = try await book.expire(at: time.now)
            let again = try await book.expire(at: time.now)
            #expect([early, due, again] == [0, 600, 0])
            let balance = try await book.balance(of: "599")
            #expect(balance == MeterBalance(capacity: .sat(1)))
        }
    }

    @Test(arguments: BookPlace.tested)
    func `a bundle that nobody draws from is forgotten in the end, any other is not`(place: BookPlace) async throws {
        try await place.withBook { book in
            try await sell(book, "unused")
            try await sell(book, "used")
            let number = try await admit(book, Self.draw(1, from: "used"))
            _ = try await book.settle(number, of: "used", path: "/v1", .used(0, 1))
            time.advance(by: PriceList.example.unusedTime)
            _ = try await book.expire(at: time.now)
            let unused = try await book.balance(of: "unused")
            let used = try await book.balance(of: "used")
            #expect(unused == nil)
            #expect(used?.left == .msat(998))
        }
    }

    @Test(arguments: BookPlace.tested)
    func `a token may be any text`(place: BookPlace) async throws {
        let long = String(repeating: "a", count: 256)
        let tokens = ["ü", "u\u{308}", "'; DROP TABLE bundles; --", "\u{1}\u{10FFFF}", long]
        try await place.withBook { book in
            for token in tokens {
                try await sell(book, token)
                let number = try await admit(book, Self.draw(10, from: token, path: token))
                let settlement = try await book.settle(number, of: token, path: token, .used(1, 0))
                #expect(settlement?.left == .msat(999))
            }
        }
    }

    // MARK: What is kept

    @Test(arguments: BookPlace.lasting)
    func `a book outlives its process`(place: BookPlace) async throws {
        try await place.withStore { store in
            let first = try await PriceBook.open(store, for: .example)
            try await sell(first)
            let number = try await admit(first, Self.draw(100))
            try first.close()
            let second = try await PriceBook.open(store, for: .example)
            let settlement = try await second.settle(number, of: "a", path: "/v1", .used(11, 5))
            #expect(settlement?.left == .msat(979))
            try second.close()
        }
    }
}
