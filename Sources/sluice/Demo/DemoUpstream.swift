package import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// The small service that `sluice demo` puts the gateway in front of: a JSON answer, a stream of events, a large body.
package struct DemoUpstream: Stage {
    static let listener = ListenerSettings(host: "127.0.0.1", port: 8405)

    /// What `/large` answers with.
    package static let largeBody = ByteCount.mebibytes(64)

    private let eventInterval: Duration

    /// - Parameter eventInterval: between two events of `/stream`.
    package init(eventInterval: Duration = .milliseconds(200)) {
        self.eventInterval = eventInterval
    }

    static var service: LocalService {
        LocalService(listener: listener, route: Route(name: "demo-upstream", stages: [DemoUpstream()]))
    }

    package func admit(_ exchange: Exchange) -> Eventually<Decision> {
        guard exchange.request.method == .get || exchange.request.method == .head else {
            return .now(.reply(Reply(.methodNotAllowed, detail: "the demo service answers GET and HEAD")))
        }
        switch exchange.request.path {
        case "/quotes":
            return .now(.reply(.json(#"{"symbol":"BTCUSD","bid":101250.5,"ask":101251.0}"# + "\n")))
        case "/stream":
            let fields = Fields([(.contentType, "text/event-stream"), (.cacheControl, "no-store")])
            return .now(
                .reply(Reply(.ok, fields: fields, body: .stream(EventCounter(interval: TimeAmount(eventInterval)))))
            )
        case "/large":
            let fields = Fields([(.contentType, "application/octet-stream")])
            return .now(.reply(Reply(.ok, fields: fields, body: .stream(ZeroBytes(count: Self.largeBody.bytes)))))
        case "/status":
            return .now(.reply(.json(#"{"status":"ok"}"# + "\n")))
        default:
            return .now(.reply(Reply(.notFound, detail: "the demo service has /quotes, /stream, /large and /status")))
        }
    }
}

/// Five events.
private final class EventCounter: BodyStream {
    private let interval: TimeAmount
    private let sent = LoopCounter()

    init(interval: TimeAmount) {
        self.interval = interval
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let number = sent.increment()
        guard number <= 5 else { return .now(nil) }
        let event = ByteBuffer(string: "event: tick\ndata: {\"number\":\(number)}\n\n")
        guard number > 1 else { return .now(event) }
        return .later(eventLoop.scheduleTask(in: interval) { event }.futureResult.map { Optional($0) })
    }
}

/// So many bytes of zero, in parts.
private final class ZeroBytes: BodyStream {
    private static let part = ByteBuffer(repeating: 0, count: 64 * 1024)
    private let count: Int
    private let sent = LoopCounter()

    init(count: Int) {
        self.count = count
    }

    func next(on eventLoop: any EventLoop) -> Eventually<ByteBuffer?> {
        let offset = (sent.increment() - 1) * Self.part.readableBytes
        guard offset < count else { return .now(nil) }
        return .now(Self.part.getSlice(at: 0, length: min(Self.part.readableBytes, count - offset)))
    }
}
