import GatewayKit
import GatewayPricing
import GatewayTesting
import Standard
import Testing

/// Many at the same time draw from what is left.
@Suite(.timeLimit(.minutes(5)))
struct PriceBookRaceTests {
    private static let rates = ModelRates(input: .milli(1), output: .milli(1), bundle: .sat(1), reserve: 100)

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

    @Test func `as many are let through as there is something for, each with a number of its own`() async throws {
        let book = try await PriceBook.open(.memory, for: .example)
        _ = try await book.sell("a", for: "models", capacity: .sat(1), at: time.now)
        let admissions = try await admissions(50, of: 100, by: [book])
        #expect(Set(numbers(admissions)).count == 10)
        #expect(admissions.count { $0 == .busy } == 40)
    }

    @Test func `each of them is settled once, however often it is reported`() async throws {
        let book = try await PriceBook.open(.memory, for: .example)
        _ = try await book.sell("a", for: "models", capacity: .sat(1), at: time.now)
        let numbers = numbers(try await admissions(10, of: 100, by: [book]))
        let costs = try await withThrowingTaskGroup(of: Amount?.self) { group in
            for number in numbers + numbers + numbers {
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
        let balance = try await book.balance(of: "a")
        #expect(balance == MeterBalance(capacity: .sat(1), spent: .msat(300)))
    }

    @Test func `two processes share one file`() async throws {
        let folder = try TemporaryFolder()
        let store = BookStore.sqlite(path: folder.path("prices.db"))
        let first = try await PriceBook.open(store, for: .example)
        let second = try await PriceBook.open(store, for: .example)
        _ = try await first.sell("a", for: "models", capacity: .sat(1), at: time.now)
        let numbers = numbers(try await admissions(20, of: 100, by: [first, second]))
        #expect(Set(numbers).count == 10)
        try first.close()
        try second.close()
    }

    /// A book and a plain account of it, told the same in an order of chance.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func `no order of events loses or makes money`(seed: UInt64) async throws {
        var chance = Chance(seed)
        let book = try await PriceBook.open(.memory, for: .example)
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
