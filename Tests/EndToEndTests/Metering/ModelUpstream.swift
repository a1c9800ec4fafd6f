import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A service with a language model behind it: every request uses 11 tokens of input and as many of output as `max_tokens` says, a
/// word each. As OpenAI's: the usage of a stream is told if it is asked for.
struct ModelUpstream: Stage {
    private let seen: NIOLockedValueBox<[RequestHead]>

    init(noting seen: NIOLockedValueBox<[RequestHead]> = NIOLockedValueBox([])) {
        self.seen = seen
    }

    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        seen.withLockedValue { $0.append(exchange.request) }
        return exchange.body(upTo: .mebibytes(1)).map { .reply(Self.answer(to: $0)) }
    }

    private static func answer(to body: ByteBuffer) -> Reply {
        guard let document = body.withUnsafeReadableBytes({ try? JSONReader.read($0) }) else {
            return .text("no JSON\n", .badRequest)
        }
        var count = 5
        if case .number(let most)? = document["max_tokens"] { count = Int(most) }
        let usage = #"{"prompt_tokens":11,"completion_tokens":\#(count),"total_tokens":\#(11 + count)}"#
        guard case .bool(true)? = document["stream"] else {
            let words = Array(repeating: "word", count: count).joined(separator: " ")
            return .json(#"{"choices":[{"message":{"content":"\#(words)"}}],"usage":\#(usage)}"#)
        }
        var tellsUsage = false
        if case .bool(true)? = document["stream_options"]?["include_usage"] { tellsUsage = true }
        return Reply(
            .ok,
            fields: Fields([(.contentType, "text/event-stream")]),
            body: .stream(Words(count: count, usage: tellsUsage ? usage : nil))
        )
    }

    static func with<Result>(
        _ body: (_ port: Int, _ seen: NIOLockedValueBox<[RequestHead]>) async throws -> Result
    ) async throws -> Result {
        let seen = NIOLockedValueBox<[RequestHead]>([])
        let listener = GatewayServer.Listener(
            ListenerSettings(host: "127.0.0.1", port: 0),
            routing: SingleRoute(Route(name: "model", stages: [ModelUpstream(noting: seen)]))
        )
        let server = try await GatewayServer(
            listeners: [listener],
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "model") { _ in SwiftLogNoOpLogHandler() },
            drainTimeout: .seconds(1)
        ).start()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(server.addresses.first?.port ?? 0, seen))
        } catch {
            result = .failure(error)
        }
        await server.drain()
        return try result.get()
    }
}

/// A word an event, and the usage in the last one.
private final class Words: BodyStream {
    private let count: Int
    private let usage: String?
    private let sent = NIOLockedValueBox(0)

    init(count: Int, usage: String?) {
        self.count = count
        self.usage = usage
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let number = sent.withLockedValue { sent in
            sent += 1
            return sent
        }
        let text: String? =
            switch number {
            case ...count: #"data: {"choices":[{"delta":{"content":"word "}}],"usage":null}"#
            case count + 1: usage.map { #"data: {"choices":[],"usage":\#($0)}"# } ?? ": no usage"
            case count + 2: "data: [DONE]"
            default: nil
            }
        return .now(text.map { ByteBuffer(string: $0 + "\n\n") })
    }
}
