import GatewayKit
import NIOCore
import Standard
import Testing

/// Responses as the APIs of OpenAI and Anthropic document them, shortened. Each is said to have used 11 tokens of input and 5 of
/// output.
enum UsageSamples {
    struct Sample: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let type: String
        let body: String

        var response: MeteredUsage.Response { UsageSamples.response(body, type: type) }
    }

    static let used = TokenUsage(input: 11, output: 5, isFinal: true)

    static let all = documents + streams

    static let documents = [
        Sample(
            testDescription: "a chat completion",
            type: "application/json",
            body: """
                {"id":"chatcmpl-1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant",\
                "content":"Say \\"usage\\":{\\"prompt_tokens\\":0}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,\
                "completion_tokens":5,"total_tokens":16,"prompt_tokens_details":{"cached_tokens":8}},"system_fingerprint":"f"}
                """
        ),
        Sample(
            testDescription: "a message",
            type: "application/json; charset=utf-8",
            body: """
                {"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"},{"type":"tool_use",\
                "id":"t","name":"count","input":{"usage":{"input_tokens":0,"output_tokens":0}}}],"stop_reason":"end_turn",\
                "usage":{"input_tokens":3,"cache_creation_input_tokens":2,"cache_read_input_tokens":6,"output_tokens":5}}
                """
        ),
        Sample(
            testDescription: "a response",
            type: "application/json",
            body: """
                {"id":"resp_1","object":"response","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],
                  "usage": { "input_tokens": 11, "output_tokens": 5, "total_tokens": 16 }
                }
                """
        ),
    ]

    static let streams = [
        Sample(
            testDescription: "a stream of chat completions",
            type: "text/event-stream",
            body: """
                data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"H"}}],"usage":null}

                data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"i"}}],"usage":null}

                data: {"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":5,\
                "total_tokens":16}}

                data: [DONE]


                """
        ),
        Sample(
            testDescription: "a stream of a message",
            type: "text/event-stream; charset=utf-8",
            body: """
                event: message_start\r
                data: {"type":"message_start","message":{"id":"msg_1","content":[],"usage":{"input_tokens":11,"output_tokens":1}}}\r
                \r
                event: content_block_delta\r
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\r
                \r
                event: message_delta\r
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}\r
                \r
                event: message_stop\r
                data: {"type":"message_stop"}\r
                \r

                """
        ),
        Sample(
            testDescription: "a stream of a response",
            type: "text/event-stream",
            body: """
                event: response.output_text.delta
                data: {"type":"response.output_text.delta","delta":"Hi"}

                event: response.completed
                data: {"type":"response.completed","response":{"id":"r","output":[{"type":"message","content":[{"text":"Say"}]}],\
                "usage":{"input_tokens":11,"output_tokens":5},"metadata":{}}}


                """
        ),
    ]

    /// As the gateway sees it.
    static func response(
        _ body: some Collection<UInt8>,
        type: String,
        isComplete: Bool = true,
        tail: ByteCount = .kibibytes(16)
    ) -> MeteredUsage.Response {
        var excerpt = UsageExcerpt(tailLimit: tail)
        excerpt.append(.init(bytes: body))
        var response = MeteredUsage.Response()
        response.status = 200
        response.contentType = type
        response.isComplete = isComplete
        response.byteCount = excerpt.byteCount
        response.head = excerpt.head
        response.tail = excerpt.tail
        return response
    }

    static func response(
        _ body: String,
        type: String,
        isComplete: Bool = true,
        tail: ByteCount = .kibibytes(16)
    ) -> MeteredUsage.Response {
        response(Array(body.utf8), type: type, isComplete: isComplete, tail: tail)
    }
}
