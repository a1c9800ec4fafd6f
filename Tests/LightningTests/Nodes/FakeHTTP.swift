import Foundation
import Lightning
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server on a free loopback port that answers as it is told, with TLS where it has an identity.
final class FakeHTTP: Sendable {
    struct Request: Sendable {
        let method: String
        /// Without the query.
        let path: String
        let query: [String: String]
        /// By their names in lower case.
        let fields: [String: String]
        let body: String

        /// The fields of a form.
        var form: [String: String] { FakeHTTP.pairs(body) }

        /// The members of a JSON object.
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
        }
    }

    enum Reaction: Sendable {
        case answer(Int, String)
        /// Closes the connection instead of answering.
        case hangUp
        /// Half of an answer, and then it hangs up.
        case half(String)
        /// Half of an answer, and then nothing.
        case stall(String)
        case silence
    }

    typealias Respond = @Sendable (Request) async -> Reaction

    let port: Int
    private let connections: Connections

    private final class Connections: Sendable {
        let open = NIOLockedValueBox<[any Channel]>([])
        let requests = NIOLockedValueBox<[Request]>([])
    }

    private init(port: Int, _ connections: Connections) {
        self.port = port
        self.connections = connections
    }

    /// The requests so far.
    var requests: [Request] { connections.requests.withLockedValue { $0 } }

    /// Serves while `body` runs.
    ///
    /// - Parameter port: of a server that has ended, for one that takes its place.
    static func with<Result>(
        _ identity: Identity? = nil,
        port: Int = 0,
        respond: @escaping Respond,
        _ body: (FakeHTTP) async throws -> Result
    ) async throws -> Result {
        let connections = Connections()
        let context = try identity?.context()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.open.withLockedValue { $0.append(channel) }
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(Answering(respond, connections))
                }
            }
            .bind(host: "127.0.0.1", port: port)
            .get()
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(FakeHTTP(port: listener.localAddress?.port ?? 0, connections)))
        } catch {
            result = .failure(error)
        }
        try await listener.close()
        for connection in connections.open.withLockedValue({ $0 }) {
            try? await connection.close()
        }
        return try result.get()
    }

    static func pairs(_ text: String) -> [String: String] {
        let pairs = text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let plain = parts.map { String($0).removingPercentEncoding ?? "" }
            return (plain[0], plain.count > 1 ? plain[1] : "")
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let respond: Respond
        private let connections: Connections
        private var received = ""

        init(_ respond: @escaping Respond, _ connections: Connections) {
            self.respond = respond
            self.connections = connections
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: Self.unwrapInboundIn(data))
            guard let request = nextRequest() else { return }
            connections.requests.withLockedValue { $0.append(request) }
            let channel = context.channel
            Task { [respond] in
                switch await respond(request) {
                case .answer(let status, let body):
                    let head = "HTTP/1.1 \(status) Answer\r\nContent-Type: application/json\r\n"
                    let length = "Content-Length: \(body.utf8.count)\r\n\r\n"
                    channel.writeAndFlush(ByteBuffer(string: head + length + body), promise: nil)
                case .half(let body):
                    channel.writeAndFlush(ByteBuffer(string: Answering.half(body)), promise: nil)
                    channel.close(promise: nil)
                case .stall(let body): channel.writeAndFlush(ByteBuffer(string: Answering.half(body)), promise: nil)
                case .hangUp: channel.close(promise: nil)
                case .silence: break
                }
            }
        }

        private static func half(_ body: String) -> String {
            "HTTP/1.1 200 Answer\r\nContent-Length: \(2 * body.utf8.count)\r\n\r\n" + body
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        /// `nil` until it is here as a whole.
        private func nextRequest() -> Request? {
            guard let end = received.range(of: "\r\n\r\n") else { return nil }
            let lines = received[..<end.lowerBound].components(separatedBy: "\r\n")
            let fields = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return (parts[0].lowercased(), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
            }
            let named = Dictionary(fields) { first, _ in first }
            let body = received[end.upperBound...]
            let length = named["content-length"].flatMap { Int($0) } ?? 0
            guard body.utf8.count >= length else { return nil }
            received = ""
            let words = lines[0].split(separator: " ").map(String.init)
            let target = words[1].split(separator: "?", maxSplits: 1).map(String.init)
            return Request(
                method: words[0],
                path: target[0],
                query: FakeHTTP.pairs(target.count > 1 ? target[1] : ""),
                fields: named,
                body: String(body)
            )
        }
    }
}
