import GatewayKit
import GatewayServer
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A service behind the gateway that tells what reached it.
struct EchoUpstream: Stage {
    private static let asked = NIOLockedValueBox<[String: Int]>([:])

    /// How often a target was asked for: tests ask for targets of their own.
    static func reached(_ target: String) -> Int { asked.withLockedValue { $0[target] ?? 0 } }

    /// `/echo`: the request line and fields as text; `/zeros/N`: N bytes; `/events/N`: N events and a last one;
    /// `/pausing/N`: N events, and then none for a long time; `/count`: how long the body was; `/status/N`: that status,
    /// with a receipt that is nobody's; `/hang`: nothing for some seconds.
    func admit(_ exchange: Exchange) -> Eventually<Decision> {
        let path = exchange.request.path
        Self.asked.withLockedValue { $0[exchange.request.target, default: 0] += 1 }
        if path.hasSuffix("/hang") {
            let loop = exchange.eventLoop
            return .later(loop.scheduleTask(in: .seconds(3)) { Decision.reply(.text("late\n")) }.futureResult)
        }
        if path.hasPrefix("/zeros/"), let count = Int(path.dropFirst("/zeros/".count)) {
            return .now(.reply(Reply(.ok, body: .stream(Zeros(count: count)))))
        }
        if path == "/rpc" {
            return exchange.body(upTo: .mebibytes(16)).map { .reply(Self.answer(to: $0, exchange.request.fields)) }
        }
        if path.hasPrefix("/events/"), let count = Int(path.dropFirst("/events/".count)) {
            let type = Fields([(.contentType, "text/event-stream")])
            return .now(.reply(Reply(.ok, fields: type, body: .stream(Events(count: count)))))
        }
        if path.hasPrefix("/pausing/"), let count = Int(path.dropFirst("/pausing/".count)) {
            let type = Fields([(.contentType, "text/event-stream")])
            return .now(.reply(Reply(.ok, fields: type, body: .stream(Events(count: count, pauses: true)))))
        }
        if path == "/count" {
            return exchange.body(upTo: .mebibytes(16)).map { body in .reply(.text("\(body.readableBytes)")) }
        }
        if path.hasPrefix("/status/"), let code = Int(path.dropFirst("/status/".count)) {
            var reply = Reply.text("\(code)\n", HTTPResponse.Status(code: code))
            reply.fields.add(.paymentReceipt, "forged")
            reply.fields.add(.cacheControl, "public, max-age=60")
            return .now(.reply(reply))
        }
        let fields = exchange.request.fields
        let lines = fields.lines.indices.map { "\(fields.name(at: $0)): \(fields.value(at: $0))" }
        let head = "\(exchange.request.method.rawValue) \(exchange.request.target)"
        return .now(.reply(.text(([head] + lines).joined(separator: "\n") + "\n")))
    }

    /// `/rpc`: an answer of JSON-RPC whose result tells what reached it. `X-Answer`: `error`, `sse` or `503`.
    private static func answer(to body: ByteBuffer, _ fields: Fields) -> Reply {
        let call = body.withUnsafeReadableBytes { try? JSONReader.read($0) }
        let form = FieldName("x-answer").flatMap { fields[$0] }
        if form == "503" { return .text("not now", .serviceUnavailable) }
        guard let call, let id = call["id"] else { return Reply(.accepted) }
        let lines = fields.lines.indices.map { "\(fields.name(at: $0)): \(fields.value(at: $0))" }
        let seen = JSONValue.texts([("body", String(buffer: body)), ("fields", lines.joined(separator: "\n"))])
        let isIntroduction = ["initialize", "server/discover"].contains(call["method"]?.text)
        let result = isIntroduction ? .object([.init("capabilities", .object([.init("tools", .object([]))]))]) : seen
        let error = JSONValue.object([.init("code", .number(-1)), .init("message", .string("no"))])
        let message = JSONValue.object([
            .init("jsonrpc", .string("2.0")), .init("id", id),
            form == "error" ? .init("error", error) : .init("result", result),
        ]).canonical
        guard form == "sse" else { return .json(message) }
        let note = #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"result":{}}}"#
        return .text("data: \(note)\r\n\r\n: kept\nid: 1\ndata: \(message)\n\n", type: "text/event-stream")
    }

    static func start() async throws -> RunningServer {
        let listener = GatewayServer.Listener(
            ListenerSettings(host: "127.0.0.1", port: 0),
            routing: SingleRoute(Route(name: "echo", stages: [EchoUpstream()]))
        )
        let logger = Logger(label: "echo") { _ in SwiftLogNoOpLogHandler() }
        return try await GatewayServer(
            listeners: [listener],
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            drainTimeout: .seconds(1)
        ).start()
    }
}

final class Zeros: BodyStream {
    private static let part = ByteBuffer(repeating: 0, count: 64 * 1024)
    private let remaining: NIOLockedValueBox<Int>

    init(count: Int) {
        remaining = NIOLockedValueBox(count)
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let left = remaining.withLockedValue { remaining in
            defer { remaining -= Self.part.readableBytes }
            return remaining
        }
        guard left > 0 else { return .now(nil) }
        return .now(Self.part.getSlice(at: 0, length: min(left, Self.part.readableBytes)))
    }
}

/// `data: 1` and so on, an event a part, and `data: [DONE]`, unless it pauses for half a minute there.
final class Events: BodyStream {
    private let count: Int
    private let pauses: Bool
    private let sent = NIOLockedValueBox(0)

    init(count: Int, pauses: Bool = false) {
        self.count = count
        self.pauses = pauses
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let number = sent.withLockedValue { sent in
            sent += 1
            return sent
        }
        guard number <= count + 1 else { return .now(nil) }
        guard !pauses || number <= count else {
            return .later(eventLoop.scheduleTask(in: .seconds(30)) { nil }.futureResult)
        }
        return .now(ByteBuffer(string: "data: \(number > count ? "[DONE]" : "\(number)")\n\n"))
    }
}
