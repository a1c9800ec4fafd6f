import GatewayKit
import Rates
import Testing

struct RatePathTests {
    private var dollar: Currency { get throws { try #require(Currency("USD")) } }

    /// The forms that answers of public sources have.
    static let vectors: [(path: String, answer: String, rate: String)] = [
        (
            "result.XXBTZUSD.c.0", #"{"error":[],"result":{"XXBTZUSD":{"a":["97124.1","1"],"c":["97123.45","0.01"]}}}"#,
            "97123.45"
        ),
        ("data.amount", #"{"data":{"amount":"97100.005","base":"BTC","currency":"USD"}}"#, "97100.005"),
        ("bitcoin.{currency}", #"{"bitcoin":{"eur":90111,"usd":97099.5}}"#, "97099.5"),
        ("6", "[97120,8.1,97121,9,1500,0.0157,97120.5,1200,98000,95000]", "97120.5"),
        ("{CURRENCY}.15m", #"{"USD":{"15m":9.71205e4,"symbol":"$"}}"#, "97120.5"),
    ]

    private func rate(_ path: String, _ answer: [UInt8]) throws -> String {
        try #require(RatePath(parsing: path)).rate(in: answer, for: dollar).description
    }

    @Test(arguments: vectors)
    func `finds the rate in an answer`(_ path: String, _ answer: String, _ expected: String) throws {
        #expect(try rate(path, Array(answer.utf8)) == expected)
    }

    @Test(arguments: vectors)
    func `no part of an answer is an answer`(_ path: String, _ answer: String, _ expected: String) {
        let bytes = Array(answer.utf8)
        for count in 0..<bytes.count {
            #expect(throws: UnreadableRate.self) { try rate(path, Array(bytes.prefix(count))) }
        }
    }

    @Test(arguments: vectors)
    func `an answer with a flipped byte is a rate above zero or none`(
        _ path: String,
        _ answer: String,
        _ expected: String
    ) {
        let bytes = Array(answer.utf8)
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                do {
                    #expect(try rate(path, changed) != "0")
                } catch {
                    #expect(error is UnreadableRate)
                }
            }
        }
    }

    @Test(arguments: [
        ("a", #"{"a":0}"#), ("a", #"{"a":-1}"#), ("a", #"{"a":"-1"}"#), ("a", #"{"a":null}"#), ("a", #"{"a":true}"#),
        ("a", #"{"a":{}}"#), ("a", #"{"a":[]}"#), ("a.b", #"{"a":1}"#), ("a.0", #"{"a":[]}"#), ("a.-1", #"{"a":[1]}"#),
        ("a.1", #"{"a":[1]}"#), ("a", #"{"a":"1,000"}"#), ("a", #"{"a":1e400}"#), ("a", #"{"a":1e30}"#),
        ("b", #"{"a":1}"#),
        ("a", #"{"a":1,"a":2}"#), ("a", ""), ("a", "1"),
    ])
    func `what is no rate above zero is none`(_ path: String, _ answer: String) {
        #expect(throws: UnreadableRate.self) { try rate(path, Array(answer.utf8)) }
    }

    @Test(arguments: ["", ".", "a.", ".a", "a..b", String(repeating: "a", count: 257)])
    func `takes only paths`(_ text: String) {
        #expect(RatePath(parsing: text) == nil)
    }
}
