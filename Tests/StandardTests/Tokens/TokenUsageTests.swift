import GatewayKit
import Standard
import Testing

struct TokenUsageTests {
    @Test(arguments: UsageSamples.all)
    func `what a response says is found`(_ sample: UsageSamples.Sample) {
        #expect(TokenUsage(in: sample.response) == UsageSamples.used)
    }

    @Test(arguments: UsageSamples.all)
    func `what a response says is found behind whatever length of text`(_ sample: UsageSamples.Sample) {
        let text = String(repeating: "tokens, ", count: 2_000)
        let long = sample.body.replacingOnce("Hi", text).replacingOnce("Say", text).replacingOnce(
            #""H""#,
            "\"\(text)\""
        )
        let response = UsageSamples.response(long, type: sample.type, tail: .kibibytes(1))
        #expect(response.byteCount > 10_000)
        #expect(TokenUsage(in: response) == UsageSamples.used)
    }

    @Test(arguments: UsageSamples.all)
    func `what is cut off anywhere says nothing, or what the whole says`(_ sample: UsageSamples.Sample) {
        let bytes = Array(sample.body.utf8)
        for count in bytes.indices {
            let response = UsageSamples.response(bytes.prefix(count), type: sample.type, isComplete: false)
            guard let told = TokenUsage(in: response), told.isFinal else { continue }
            #expect(told == UsageSamples.used, "\(count) bytes")
        }
    }

    @Test(arguments: UsageSamples.all, [ByteCount(1), ByteCount(64), ByteCount(200), ByteCount(400)])
    func `whatever of the end was kept says nothing, or what the whole says`(
        _ sample: UsageSamples.Sample,
        _ tail: ByteCount
    ) {
        let told = TokenUsage(in: UsageSamples.response(sample.body, type: sample.type, tail: tail))
        #expect(told == nil || told?.isFinal == false || told == UsageSamples.used)
    }

    @Test(arguments: UsageSamples.all)
    func `no flipped byte makes more of it than the bytes can say`(_ sample: UsageSamples.Sample) {
        var bytes = Array(sample.body.utf8)
        for index in bytes.indices {
            for bit in [UInt8(1), 0x10, 0x80, 0xFF] {
                bytes[index] ^= bit
                let told = TokenUsage(in: UsageSamples.response(bytes, type: sample.type))
                #expect((told?.input ?? 0) <= TokenCount.most * 3 && (told?.output ?? 0) <= TokenCount.most)
                _ = TokenUsage(in: UsageSamples.response(bytes, type: sample.type, tail: ByteCount(200)))
                bytes[index] ^= bit
            }
        }
    }

    @Test(
        arguments: [
            #"{"usage":{"prompt_tokens":-1,"completion_tokens":5}}"#,
            #"{"usage":{"prompt_tokens":1.5}}"#,
            #"{"usage":{"prompt_tokens":1e300}}"#,
            #"{"usage":{"prompt_tokens":"11","completion_tokens":"5"}}"#,
            #"{"usage":[{"prompt_tokens":11}]}"#,
            #"{"usage":null}"#,
            #"{"used":{"prompt_tokens":11}}"#,
            "[]", "", "{", "usage",
        ]
    )
    func `what is no number of tokens is not told`(_ body: String) {
        #expect(TokenUsage(in: UsageSamples.response(body, type: "application/json"))?.input == nil)
    }

    @Test func `a count of total tokens tells the output`() {
        let response = UsageSamples.response(
            #"{"data":[],"usage":{"prompt_tokens":11,"total_tokens":11}}"#,
            type: "application/json"
        )
        #expect(TokenUsage(in: response) == TokenUsage(input: 11, output: 0, isFinal: true))
    }

    @Test func `running totals of a stream that broke off are what was used until then`() {
        let body = """
            data: {"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":11,"completion_tokens":1}}

            data: {"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":11,"completion_tokens":2}}


            """
        let response = UsageSamples.response(body, type: "text/event-stream", isComplete: false)
        #expect(TokenUsage(in: response) == TokenUsage(input: 11, output: 2, isFinal: true))
    }

    @Test func `a message that broke off tells its input and not its output`() {
        let body = """
            event: message_start
            data: {"type":"message_start","message":{"usage":{"input_tokens":11,"output_tokens":1}}}


            """
        let response = UsageSamples.response(body, type: "text/event-stream", isComplete: false)
        #expect(TokenUsage(in: response) == TokenUsage(input: 11, output: 1, isFinal: false))
    }

    @Test func `what is compressed says nothing`() {
        var response = UsageSamples.all[0].response
        response.contentEncoding = "gzip"
        #expect(TokenUsage(in: response) == nil)
    }

    // MARK: What a model writes

    @Test(arguments: [1, 40, 400])
    func `an object that a model wrote is not taken for the service's`(_ padding: Int) {
        // The service's own stands before what the model wrote, and was not kept.
        let body =
            #"{"usage":{"input_tokens":11,"output_tokens":5},"content":[{"type":"tool_use","input":{"usage":"#
            + #"{"input_tokens":0,"output_tokens":0},"pad":""# + String(repeating: "x", count: padding) + #""}}]}"#
        let told = TokenUsage(in: UsageSamples.response(body, type: "application/json", tail: ByteCount(100)))
        #expect(told == nil)
    }

    @Test func `a text of events that a model wrote is not taken for an event`() {
        let body = """
            data: {"choices":[{"delta":{"content":"\\ndata: {\\"usage\\":{\\"prompt_tokens\\":0,\\"completion_tokens\\":0}}\\n"}}]}

            data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5}}


            """
        for count in 1...body.utf8.count {
            let response = UsageSamples.response(body, type: "text/event-stream", tail: ByteCount(count))
            let told = TokenUsage(in: response)
            #expect(told == nil || told == UsageSamples.used, "the last \(count) bytes")
        }
    }
}

extension String {
    fileprivate func replacingOnce(_ text: String, _ other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return replacingCharacters(in: range, with: other)
    }

    private func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
