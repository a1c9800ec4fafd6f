import GatewayKit
import GatewayTesting
import NIOCore
import Rates
import Testing

struct RateTableTests {
    private let dollar: Currency
    private let time = ManualTime()

    init() throws {
        dollar = try #require(Currency("USD"))
    }

    private func source(_ name: String) throws -> RateSource {
        let address = try #require(RateAddress(parsing: "https://\(name).example/"))
        let path = try #require(RatePath(parsing: "rate"))
        return RateSource(name: name, currencies: [dollar], kind: .asked(url: address, path: path))
    }

    private func table(_ names: [String], fixed: String? = nil, apart: String = "2%") throws -> RateTable {
        var sources = try names.map(source)
        if let fixed {
            let value = try #require(ExactDecimal(parsing: fixed))
            sources.append(RateSource(name: "fixed", currencies: [dollar], kind: .fixed(value)))
        }
        var terms = RateTerms(sources: sources)
        terms.maxDeviation = try #require(Percentage(parsing: apart))
        return RateTable(terms)
    }

    private func tell(_ table: inout RateTable, _ name: String, _ value: String) throws {
        let value = try #require(ExactDecimal(parsing: value))
        table.note(value, dollar, of: name, at: time.now, uptime: time.source.uptime())
    }

    private func rate(_ table: RateTable) throws(RateFailure) -> ExchangeRate {
        try table.rate(of: dollar, at: time.now, uptime: time.source.uptime())
    }

    private func failure(_ table: RateTable) -> RateFailure.Reason? {
        do throws(RateFailure) {
            _ = try rate(table)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `is the middle of three, and says whose`() throws {
        var table = try table(["a", "b", "c"])
        for (name, value) in [("a", "97100"), ("b", "97000"), ("c", "97050.5")] { try tell(&table, name, value) }
        let rate = try rate(table)
        #expect(rate.value.description == "97050.5")
        #expect(rate.sources == ["a", "b", "c"])
        #expect(rate.time == time.now)
    }

    @Test func `is the lower one of two, which is more bitcoin`() throws {
        var table = try table(["a", "b"])
        try tell(&table, "a", "97100")
        try tell(&table, "b", "97000")
        #expect(try rate(table).value.description == "97000")
    }

    @Test func `needs more than half of the sources`() throws {
        var table = try table(["a", "b", "c"])
        #expect(failure(table) == .missing)
        try tell(&table, "a", "97000")
        #expect(failure(table) == .missing)
        try tell(&table, "b", "97001")
        #expect(failure(table) == nil)
    }

    @Test func `is stale once what was told is too old`() throws {
        var table = try table(["a", "b"])
        try tell(&table, "a", "97000")
        try tell(&table, "b", "97000")
        time.advance(by: .seconds(600))
        #expect(failure(table) == nil)
        time.advance(by: .milliseconds(1))
        #expect(failure(table) == .stale)
        try tell(&table, "a", "97000")
        #expect(failure(table) == .stale)
        try tell(&table, "b", "97000")
        #expect(failure(table) == nil)
    }

    @Test(
        arguments: [("97000", "98940", nil), ("97000", "98940.000001", .apart)]
            as [(String, String, RateFailure.Reason?)]
    )
    func `is refused where the sources are too far apart`(
        _ low: String,
        _ high: String,
        _ expected: RateFailure.Reason?
    ) throws {
        var table = try table(["a", "b", "c"])
        try tell(&table, "a", low)
        try tell(&table, "b", high)
        try tell(&table, "c", low)
        #expect(failure(table) == expected)
    }

    @Test func `numbers too large to compare are too far apart`() throws {
        var table = try table(["a"], fixed: "0.000000000000000001")
        try tell(&table, "a", "999999999999999999")
        #expect(failure(table) == .apart)
    }

    @Test func `a fixed source is never old and never asked`() throws {
        let table = try table([], fixed: "97000")
        time.advance(by: .seconds(86_400 * 365))
        #expect(try rate(table).value.description == "97000")
    }

    @Test func `a failed attempt leaves what was told, and shows in the state`() throws {
        var table = try table(["a"])
        try tell(&table, "a", "97000")
        let first = table.noteFailure("it answers 500", dollar, of: "a")
        let second = table.noteFailure("it answers 500", dollar, of: "a")
        #expect(first && !second)
        #expect(failure(table) == nil)
        time.advance(by: .seconds(7))
        let states = table.states(at: time.now, uptime: time.source.uptime())
        #expect(
            states == [
                RateState(
                    currency: "USD",
                    rate: "97000",
                    refusal: nil,
                    sources: [.init(name: "a", rate: "97000", age: 7, failure: "it answers 500")]
                )
            ]
        )
    }

    @Test(arguments: ["2%", "0.5%", "0.05%", "100%", "0%"])
    func `shares are written as they are read`(_ text: String) {
        #expect(Percentage(parsing: text)?.description == text)
    }

    @Test(arguments: ["2", "%", "101%", "0.005%", "-1%", "2 %", "1e1%"])
    func `takes no other share`(_ text: String) {
        #expect(Percentage(parsing: text) == nil)
    }
}
