import GatewayKit
import GatewayPricing
import GatewayTesting
import Standard
import Testing

/// Many at the same time draw from what is left.
@Suite(.timeLimit(.minutes(5)))
struct PriceBookRaceTests {
    private static let rates = ModelRates(input: .milli(1), output: .milli(1), bundle: .sat(1), reserve: 100)

    /// Fewer where each transaction goes to the disk.
    private static let runs: [(BookPlace, UInt64)] = BookPlace.tested.flatMap { place -> [(BookPlace, UInt64)] in
        let seeds: UInt64 = place == .memory ? 8 : 2
        return (1...seeds).map { (place, $0) }
    }

    private let time = ManualTime()

    private static func draw(_ tokens: UInt64, from token: String = "a") -> Draw {
        Draw(
            token: token,
            service: "models",
            path: "/v1",
            rates: rates,
            estimate: TokenEstimate(input: 0, output: tokens)
        )
    }

    private func admissions(_ count: Int, of tokens: UInt64, by books: [PriceBook]) async throws -> [Admission] {
        let now = time.now
        return try await withThrowingTaskGroup(of: Admission.self) { group in
            for index in 0..<count {
                group.addTask { try await books[index % books.count].admit(Self.draw(tokens), at: now) }
            }
            var admissions = [Admission]()
            for try await admission in group { admissions.append(admission) }
            return admissions
        }
    }

    private func numbers(_ admissions: [Admission]) -> [Int64] {
        admissions.compactMap { if case .admitted(let number) = $0 { number } else { nil } }
    }

    @Test(arguments: BookPlace.tested)
    func `as many are let through as there is something for, each with a number of its own`(
        place: BookPlace
    ) async throws {
        try await place.withBook { book in
            _ = try await book.sell("a", for: "models", capacity: .sat(1), at: time.now)
            let admissions = try await admissions(50, of: 100, by: [book])
            #expect(Set(numbers(admissions)).count == 10)
            #expect(admissions.count { $0 == .busy } == 40)
        }
    }

    @Test(arguments: BookPlace.lasting)
    func `several pricers share one book`(place: BookPlace) async throws {
        try await place.withBooks(3) { books in
            let sold = try await withThrowingTaskGroup(of: Bool.self) { group in
                for book in books {
                    group.addTask { [now = time.now] in
                        try await book.sell("a", for: "models", capacity: .sat(1), at: now)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(sold == 1)
            let admissions = try await admissions(60, of: 100, by: books)
            #expect(Set(numbers(admissions)).count == 10)
            #expect(admissions.count { $0 == .busy } == 50)
        }
    }

    @Test(arguments: BookPlace.tested)
    func `each of them is settled once, however often it is reported`(place: BookPlace) async throws {
        try await place.withStore { store in
            let first = try await PriceBook.open(store, for: .example)
            let books = place == .memory ? [first] : [first, try await PriceBook.open(store, for: .example)]
            _ = try await first.sell("a", for: "models", capacity: .sat(1), at: time.now)
            let numbers = numbers(try await admissions(10, of: 100, by: books))
            let costs = try await withThrowingTaskGroup(of: Amount?.self) { group in
                for (index, number) in (numbers + numbers + numbers).enumerated() {
                    let book = books[index % books.count]
                    group.addTask { try await book.settle(number, of: "a", path: "/v1", .used(20, 10))?.cost }
                }
                var costs = [Amount]()
                for try await cost in group {
                    if let cost { costs.append(cost) }
                }
                return costs
            }
            #expect(costs.count { $0 == .msat(30) } == 10)
            #expect(costs.count { $0 == .zero } == 20)
            let balance = try await first.balance(of: "a")
            #expect(balance == MeterBalance(capacity: .sat(1), spent: .msat(300)))
            for book in books { try book.close() }
        }
    }

    @Test(arguments: BookPlace.lasting)
    func `what nobody reports is given back once, whichever pricer sees it first`(place: BookPlace) async throws {
        try await place.withBooks(3) { books in
            for token in ["a", "b", "c", "d"] {
                _ = try await books[0].sell(token, for: "models", capacity: .sat(1), at: time.now)
                _ = try await books[0].admit(Self.draw(100, from: token), at: time.now)
                _ = try await books[0].admit(Self.draw(200, from: token), at: time.now)
            }
            time.advance(by: PriceList.example.reservationTime)
            let expired = try await withThrowingTaskGroup(of: Int.self) { group in
                for book in books { group.addTask { [now = time.now] in try await book.expire(at: now) } }
                return try await group.reduce(0, +)
            }
            #expect(expired == 8)
            for token in ["a", "b", "c", "d"] {
                let balance = try await books[0].balance(of: token)
                #expect(balance == MeterBalance(capacity: .sat(1)))
            }
        }
    }

    /// A book and a plain account of it, told the same in an order of chance.
    @Test(arguments: runs)
    func `no order of events loses or makes money`(place: BookPlace, seed: UInt64) async throws {
        try await place.withBook { book in
            var chance = Chance(seed)
            let tokens = ["a", "b", "c"]
            var spent = [String: UInt64]()
            var open = [(token: String, number: Int64)]()
            var done = [(token: String, number: Int64)]()
            for token in tokens { _ = try await book.sell(token, for: "models", capacity: .sat(1), at: time.now) }
            for _ in 0..<300 {
                let token = tokens[Int(chance.next(3))]
                switch chance.next(10) {
                case 0...4:
                    let before = try await book.balance(of: token)
                    let admission = try await book.admit(Self.draw(chance.next(300), from: token), at: time.now)
                    if case .admitted(let number) = admission {
                        open.append((token, number))
                        let after = try #require(try await book.balance(of: token))
                        #expect(after.spent.millisatoshis + after.reserved.millisatoshis <= 1_000)
                    } else {
                        let after = try await book.balance(of: token)
                        #expect(after == before)
                    }
                case 5...7 where !open.isEmpty:
                    let (owner, number) = open.remove(at: Int(chance.next(UInt64(open.count))))
                    let (input, output) = (chance.next(200), chance.next(200))
                    let fails = chance.next(4) == 0
                    let response = MeteredUsage.Response.used(input, output, status: fails ? 502 : 200)
                    let settlement = try await book.settle(number, of: owner, path: "/v1", response)
                    #expect(settlement?.cost == .msat(fails ? 0 : input + output))
                    spent[owner, default: 0] += fails ? 0 : input + output
                    done.append((owner, number))
                case 8 where !done.isEmpty:
                    let (owner, number) = done[Int(chance.next(UInt64(done.count)))]
                    let settlement = try await book.settle(number, of: owner, path: "/v1", .used(1_000, 1_000))
                    #expect(settlement?.cost == .zero)
                default:
                    time.advance(by: .seconds(Int64(chance.next(1_200))))
                    _ = try await book.expire(at: time.now)
                }
            }
            time.advance(by: PriceList.example.reservationTime)
            _ = try await book.expire(at: time.now)
            for token in tokens {
                let balance = try await book.balance(of: token)
                #expect(balance == MeterBalance(capacity: .sat(1), spent: .msat(spent[token] ?? 0)))
            }
        }
    }
}

/// Numbers of chance that come again with the same seed.
private struct Chance {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
    }

    /// Xorshift.
    mutating func next(_ limit: UInt64) -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % limit
    }
}
