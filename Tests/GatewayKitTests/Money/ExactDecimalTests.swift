import GatewayKit
import Testing

struct ExactDecimalTests {
    @Test(arguments: [
        ("0", "0"), ("0.02", "0.02"), ("97123.45", "97123.45"), ("1.50", "1.5"), ("007", "7"), ("100", "100"),
        ("0.000000000000000001", "0.000000000000000001"), ("999999999999999999", "999999999999999999"),
        ("1.0000000000000000000000000", "1"),
    ])
    func `is what was written, without zeros that say nothing`(_ text: String, _ expected: String) {
        #expect(ExactDecimal(parsing: text)?.description == expected)
    }

    @Test(arguments: [
        "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1.2.3", " 1", "1 ", "0x1", "١", "1000000000000000000",
        "0.0000000000000000001", String(repeating: "0", count: 65),
    ])
    func `takes nothing else`(_ text: String) {
        #expect(ExactDecimal(parsing: text) == nil)
    }

    @Test(arguments: [
        ("9.7e4", "97000"), ("5E-05", "0.00005"), ("1e0", "1"), ("100e-2", "1"), ("97123.45", "97123.45"),
        ("0e40", "0"), ("1e+3", "1000"),
    ])
    func `takes the numbers of JSON`(_ text: String, _ expected: String) {
        #expect(ExactDecimal(parsingNumber: text)?.description == expected)
    }

    @Test(arguments: ["e3", "1e", "1e99", "1e19", "1e-19", "1e1e1", "1e9999999999999999999", "nan", "inf", "-0.0"])
    func `takes no number that it cannot hold`(_ text: String) {
        #expect(ExactDecimal(parsingNumber: text) == nil)
    }

    @Test func `is ordered by what it is worth`() throws {
        let numbers = try ["0", "0.02", "0.1", "1", "1.00000000000000001", "999999999999999999"].map {
            try #require(ExactDecimal(parsing: $0))
        }
        #expect(numbers.shuffled().sorted() == numbers)
    }
}
