import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Calls a `TextService` and keeps all that comes of it.
struct TextClient {
    struct Answer: Sendable {
        var metadata = Metadata()
        var messages: [String] = []
        var trailers = Metadata()
        /// `nil`: it ended well.
        var error: RPCError?
    }

    let client: GRPCClient<HTTP2ClientTransport.Posix>

    /// Runs `body` with a client of this port.
    static func with<Result: Sendable>(_ port: Int, _ body: @Sendable (TextClient) async throws -> Result) async throws
        -> Result
    {
        let transport = try HTTP2ClientTransport.Posix.http2NIOPosix(
            target: .ipv4(address: "127.0.0.1", port: port),
            transportSecurity: .plaintext
        )
        return try await withGRPCClient(transport: transport) { try await body(TextClient(client: $0)) }
    }

    /// Sends each message once the one before it was answered where `method` answers each of them, otherwise all.
    func call(
        _ method: TextService.Method,
        of service: String = "test.Text",
        _ messages: [String] = [],
        metadata: Metadata = [:],
        timeout: Duration? = nil
    ) async throws -> Answer {
        var options = CallOptions.defaults
        options.timeout = timeout
        let (answered, signal) = AsyncStream<Void>.makeStream()
        let request = StreamingClientRequest<String>(metadata: metadata) { writer in
            var turns = answered.makeAsyncIterator()
            for message in messages {
                try await writer.write(message)
                if method == .both { await turns.next() }
            }
        }
        do {
            return try await client.bidirectionalStreaming(
                request: request,
                descriptor: method.descriptor(of: service),
                serializer: TextCoding(),
                deserializer: TextCoding(),
                options: options
            ) { response in
                var answer = Answer(metadata: response.metadata)
                do {
                    for try await part in response.bodyParts {
                        switch part {
                        case .message(let text):
                            answer.messages.append(text)
                            signal.yield()
                        case .trailingMetadata(let trailers): answer.trailers = trailers
                        }
                    }
                } catch let error as RPCError {
                    answer.error = error
                }
                signal.finish()
                return answer
            }
        } catch let error as RPCError {
            return Answer(error: error)
        }
    }
}
