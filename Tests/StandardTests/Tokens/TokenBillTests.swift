import GatewayKit
import Standard
import Testing

/// What a response costs that does not say what it has used: a token is a millisatoshi, and 100 of output are reserved.
struct TokenBillTests {
    private static let rate = TokenRate(Amount(millisatoshis: 1))

    private static let events = [
        #"{"choices":[{"index":0,"delta":{"content":"word"}}],"usage":null}"#,
        #"{"choices":[{"index":0,"text":"word"}]}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word"}}"#,
        #"{"type":"response.output_text.delta","delta":"word"}"#,
    ]

    private func cost(
        _ response: MeteredUsage.Response,
        reserved: TokenEstimate = TokenEstimate(input: 10, output: 100)
    ) -> UInt64 {
        TokenBill(for: response, reserved: reserved, input: Self.rate, output: Self.rate).amount.millisatoshis
    }

    /// As far as it came before its client left.
    private func left(_ body: String, type: String = "text/event-stream") -> MeteredUsage.Response {
        UsageSamples.response(body, type: type, isComplete: false)
    }

    private func stream(_ event: String, _ count: Int) -> String {
        String(String(repeating: "data: \(event)\n\n", count: count).dropLast(10))
    }

    @Test(arguments: events)
    func `a stream whose client left costs a token for each event that came`(_ event: String) {
        let cost = cost(left(stream(event, 1_000)))
        #expect((1_009...1_020).contains(cost), "\(cost)")
    }

    @Test(arguments: events)
    func `and one for each four bytes where an event brings more`(_ event: String) {
        let long = event.split(separator: "word").joined(separator: String(repeating: "words, ", count: 400))
        let cost = cost(left(stream(long, 100)))
        #expect((69_900...72_000).contains(cost), "\(cost)")
    }

    @Test(arguments: events)
    func `and what was reserved where less came`(_ event: String) {
        #expect(cost(left(stream(event, 50))) == 110)
    }

    @Test func `a stream in no known words costs a token for each four bytes, and so does one that cannot be read`() {
        let body = String(repeating: #"data: {"word":"a"}"# + "\n\n", count: 1_000)
        var compressed = left(stream(Self.events[0], 1_000))
        compressed.contentEncoding = "gzip"
        #expect(cost(left(body)) == 10 + 5_000)
        #expect(cost(compressed) == 10 + (compressed.byteCount + 3) / 4)
    }

    @Test func `a document whose client left costs what came of it, and a whole one what was reserved`() {
        let body = String(repeating: "[1],", count: 1_000)
        #expect(cost(left(body, type: "application/json")) == 1_010)
        #expect(cost(UsageSamples.response(body, type: "application/json")) == 110)
    }

    @Test func `what is no text costs what was reserved`() {
        #expect(cost(left(String(repeating: "x", count: 4_000), type: "audio/mpeg")) == 110)
    }

    @Test func `what asks nothing of a model costs nothing`() {
        let nothing = TokenEstimate(input: 0, output: 0)
        #expect(cost(left(String(repeating: "x", count: 4_000), type: "text/plain"), reserved: nothing) == 0)
    }

    @Test func `but a stream that is left, with the answer to a request before it, costs what came of it`() {
        let cost = cost(left(stream(Self.events[3], 1_000)), reserved: TokenEstimate(input: 0, output: 0))
        #expect((999...1_010).contains(cost), "\(cost)")
    }

    @Test(arguments: UsageSamples.all)
    func `whatever came of it, no response costs more than its bytes`(_ sample: UsageSamples.Sample) {
        var bytes = Array(sample.body.utf8)
        for count in bytes.indices.dropFirst() {
            for tail in [ByteCount(64), .kibibytes(16)] {
                let response = UsageSamples.response(bytes[..<count], type: sample.type, isComplete: false, tail: tail)
                #expect(cost(response) <= 11 + max(100, UInt64(count)))
            }
            bytes[count] ^= 0x10
            _ = cost(UsageSamples.response(bytes, type: sample.type, isComplete: false))
            bytes[count] ^= 0x10
        }
    }
}
