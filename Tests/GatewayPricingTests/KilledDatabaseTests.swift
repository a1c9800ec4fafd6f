import GatewayKit
import GatewayPricing
import GatewayTesting
import PostgresTesting
import Standard
import Testing

/// A database that ends in the middle of what several pricers do.
@Suite(.timeLimit(.minutes(2)), .enabled(if: PostgresServer.isExpected, Comment(rawValue: PostgresServer.whyNot)))
struct KilledDatabaseTests {
    private static let rates = ModelRates(input: .milli(1), output: .milli(1), bundle: .sat(1), reserve: 100)
    private static let draw = Draw(
        token: "a",
        service: "models",
        path: "/v1",
        rates: rates,
        estimate: TokenEstimate(input: 0, output: 100)
    )

    private let time = ManualTime()

    /// Makes `count` calls at the same time, and ends the server when a quarter of them has been answered.
    ///
    /// - Returns: the answers, by the number of their call. Those that failed have none.
    private func crashing<Answer: Sendable>(
        _ server: PostgresServer,
        _ count: Int,
        _ call: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Int: Answer] {
        let answers = try await withThrowingTaskGroup(of: (Int, Answer?).self) { group in
            for index in 0..<count { group.addTask { (index, try? await call(index)) } }
            var answers = [Int: Answer]()
            for try await (index, answer) in group {
                guard let answer else { continue }
                answers[index] = answer
                if answers.count == count / 4 { try await server.crash() }
            }
            return answers
        }
        try await server.restart()
        return answers
    }

    /// Asks until the database is found again: who asks too soon is told at once that it was not there.
    private func found<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
        while true {
            do {
                return try await call()
            } catch is StoreFailure {
                try Task.checkCancellation()
            }
        }
    }

    @Test func `what was answered is there afterwards, and nothing is booked twice`() async throws {
        let server = try await PostgresServer.started()
        try await server.withDatabase { address in
            let store = try BookStore(parsing: address)
            let books = [
                try await PriceBook.open(store, for: .example), try await PriceBook.open(store, for: .example),
            ]
            let now = time.now
            _ = try await books[0].sell("a", for: "models", capacity: .sat(1_000), at: now)

            let admissions = try await crashing(server, 120) { try await books[$0 % 2].admit(Self.draw, at: now) }
            let numbers = admissions.values.compactMap { admission -> Int64? in
                if case .admitted(let number) = admission { number } else { nil }
            }
            #expect(numbers.count >= 30)
            #expect(Set(numbers).count == numbers.count)
            for book in books {
                let balance = try await found { try await book.balance(of: "a") }
                let reserved = try #require(balance).reserved
                #expect(reserved >= .msat(UInt64(100 * numbers.count)))
            }

            let costs = try await crashing(server, numbers.count) { index in
                let debit = try await books[index % 2].settle(numbers[index], of: "a", path: "/v1", .used(20, 10))
                return try #require(debit).cost
            }
            for (index, number) in numbers.enumerated() {
                let again = try await found {
                    try await books[1].settle(number, of: "a", path: "/v1", .used(20, 10))
                }
                // Whether it had been booked before, nobody knows who was not answered.
                if costs[index] != nil { #expect(again?.cost == .zero) }
            }
            _ = try await found { try await books[1].expire(at: now.advanced(by: PriceList.example.reservationTime)) }
            let end = try await found { try await books[0].balance(of: "a") }
            #expect(end == MeterBalance(capacity: .sat(1_000), spent: .msat(UInt64(30 * numbers.count))))
            for book in books { try book.close() }
        }
    }
}
