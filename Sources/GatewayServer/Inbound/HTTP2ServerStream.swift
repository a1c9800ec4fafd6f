internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// One request of an HTTP/2 client and its response. Used again for a later request of the same connection.
final class HTTP2ServerStream: Front {
    /// How long the client of a WebSocket may take to end its side once the upstream has ended the other.
    private static let lastWords = TimeAmount.seconds(2)

    private let connection: HTTP2ServerConnection
    private(set) lazy var runner = ExchangeRunner(worker: connection.worker, front: self)
    private var id: UInt32 = 0
    private var isOpen = false
    /// Stands in the connection's list of streams that something came for.
    var isTouched = false

    // The request
    private var received = CircularBuffer<ByteBuffer>()
    private var trailers: Fields?
    private var isRequestEnded = false
    private var isEndDelivered = false
    /// What the `Content-Length` says is still to come.
    private var remainder: UInt64?
    private(set) var awaitsContinue = false

    // The response
    private var queue = HTTP2SendQueue()
    private var isExchangeOver = false
    private var isTunnel = false
    private var lastProgress = NIODeadline.distantPast

    init(connection: HTTP2ServerConnection) {
        self.connection = connection
    }

    private var wire: HTTP2Wire { connection.wire }

    /// Makes ready for a request.
    ///
    /// - Parameter request: `nil` when there is none that could be read.
    func open(_ id: UInt32, expects request: RequestHead?, endsStream: Bool) {
        self.id = id
        isOpen = true
        received.removeAll()
        trailers = endsStream ? Fields() : nil
        isRequestEnded = endsStream
        let hasNoBody = request?.body == RequestHead.Body.none && request?.opensWebSocket == false
        isEndDelivered = endsStream || hasNoBody
        if case .length(let length)? = request?.body { remainder = length } else { remainder = nil }
        if hasNoBody { remainder = 0 }
        awaitsContinue = !endsStream && request.map(Self.expectsContinue) ?? false
        queue.reset()
        isExchangeOver = false
        isTunnel = false
        lastProgress = connection.worker.now
    }

    private static func expectsContinue(_ request: RequestHead) -> Bool {
        guard let index = request.fields.firstIndex(of: .expect) else { return false }
        return request.fields.value(at: index).lowercased() == "100-continue"
    }

    // MARK: What the client sends

    func received(_ part: ByteBuffer, endsStream: Bool) {
        let count = UInt64(part.readableBytes)
        if let remainder {
            guard count <= remainder, !endsStream || count == remainder else { return fail() }
            self.remainder = remainder - count
        }
        if endsStream {
            isRequestEnded = true
            trailers = Fields()
        }
        guard !isExchangeOver else {
            wire.consumed(part.readableBytes, of: id)
            finishIfOver()
            return
        }
        if part.readableBytes > 0 { received.append(part) }
        pullBody()
    }

    func received(trailers: Fields) {
        guard remainder ?? 0 == 0 else { return fail() }
        isRequestEnded = true
        self.trailers = trailers
        guard !isExchangeOver else { return finishIfOver() }
        pullBody()
    }

    /// The body is not as long as its head said (RFC 9113 §8.1.1).
    private func fail() {
        let id = id
        left(because: "the body is not as long as the head says")
        connection.resetForFault(id)
    }

    /// The client, or its connection, is gone.
    ///
    /// - Parameter reason: why the gateway ended it.
    func left(because reason: String? = nil) {
        guard isOpen else { return }
        isOpen = false
        runner.trace?.reason = reason
        queue.discard()
        received.removeAll()
        runner.clientLeft()
    }

    // MARK: Front

    var isWritable: Bool { isOpen && queue.hasRoom && wire.isWritable }
    var idleTimeout: Duration { connection.limits.idleTimeout }
    var limits: MessageLimits { connection.limits }

    func pullBody() {
        repeat {
            while runner.wantsRequestBody, let part = received.popFirst() {
                wire.consumed(part.readableBytes, of: id)
                runner.requestPart(part)
            }
            if received.isEmpty { break }
            // A flush may make the upstream writable at once, without an event that says so.
            runner.frontReadComplete()
        } while runner.wantsRequestBody
        guard received.isEmpty, isRequestEnded, !isEndDelivered, runner.isRunning, let trailers else { return }
        isEndDelivered = true
        runner.requestEnded(trailers: trailers)
    }

    func sendContinue() {
        guard awaitsContinue else { return }
        sendInformational(ResponseHead(status: 100))
        wire.flush()
    }

    func sendInformational(_ head: ResponseHead) {
        if head.status.code == 100 {
            guard awaitsContinue else { return }
            awaitsContinue = false
        }
        wire.writeHeaders(id, endsStream: false) { block in
            HTTP2HeadWriter.writeInformational(head, into: &block)
        }
    }

    func sendHead(_ head: ResponseHead, body: ResponseBody, closes: Bool) {
        let endsStream: Bool
        switch body {
        case .none, .length(0): endsStream = true
        case .length, .unknownLength, .tunnel: endsStream = false
        }
        queue.begin(endsStream: endsStream)
        isTunnel = body == .tunnel
        let date = connection.worker.date
        wire.writeHeaders(id, endsStream: endsStream) { block in
            HTTP2HeadWriter.write(head, body: body, date: date, into: &block)
        }
    }

    func sendPart(_ part: ByteBuffer) {
        if isOpen { queue.append(part) }
    }

    func sendEnd(trailers: Fields) {
        queue.end(trailers: trailers)
    }

    func flush() {
        send()
        wire.flush()
    }

    private func send() {
        guard isOpen else { return }
        while let frame = queue.next(within: wire.sendable(id)) {
            lastProgress = connection.worker.now
            wire.write(frame, of: id)
        }
        guard queue.isEmpty else { return wire.starve(id) }
        finishIfOver()
    }

    func windowOpened() {
        guard isOpen else { return }
        send()
        wire.flush()
        becameWritable()
    }

    func becameWritable() {
        guard isWritable, runner.isRunning else { return }
        runner.frontBecameWritable()
    }

    func recycle(_ exchange: Exchange) {
        var fields = exchange.request.fields
        connection.recycle(fields.releaseLines())
    }

    func exchangeEnded() {
        isExchangeOver = true
        for part in received {
            wire.consumed(part.readableBytes, of: id)
        }
        received.removeAll()
        finishIfOver()
    }

    /// The stream goes when the exchange is over and all of the response is out.
    private func finishIfOver() {
        guard isExchangeOver, queue.isEndSent, queue.isEmpty, isOpen else { return }
        // Both sides of a tunnel end in their own time (RFC 8441 §5): a reset now could overtake the last frames in
        // the client's program, and would fail what it still has to say.
        guard isRequestEnded || !isTunnel else { return }
        endStream()
    }

    private func endStream() {
        isOpen = false
        if !isRequestEnded {
            // The response does not depend on the rest of the request (RFC 9113 §8.1).
            wire.reset(id, .noError)
        }
        connection.forget(id)
    }

    func abort() {
        guard isOpen else {
            connection.forget(id)
            return
        }
        // What came before the failure is the client's.
        send()
        isOpen = false
        isExchangeOver = true
        queue.discard()
        received.removeAll()
        wire.reset(id, .internalError)
        connection.forget(id)
    }

    // MARK: Answers without an exchange

    /// Answers what no route saw.
    func refuse(_ reply: Reply, to request: RequestHead? = nil) {
        let known = request ?? RequestHead.unreadable
        let id = connection.worker.nextExchangeID()
        let (head, body) = reply.rendered(for: known, id: id)
        connection.worker.recordRefusal(id, of: request, from: connection.peer, head, body)
        if case .bytes(let bytes) = body {
            sendHead(
                head,
                body: known.method == .head ? .none(declared: nil) : .length(UInt64(bytes.readableBytes)),
                closes: false
            )
            sendPart(bytes)
        } else {
            sendHead(head, body: known.method == .head ? .none(declared: nil) : .length(0), closes: false)
        }
        sendEnd(trailers: Fields())
        isExchangeOver = true
        flush()
    }

    // MARK: Time

    func checkDeadlines(now: NIODeadline) {
        if runner.isRunning {
            runner.checkDeadlines(now: now)
        } else if isOpen, !queue.isEmpty, now - lastProgress > TimeAmount(idleTimeout) {
            // The client keeps its window shut.
            isOpen = false
            queue.discard()
            wire.reset(id, .cancel)
            connection.forget(id)
        } else if isOpen, isTunnel, isExchangeOver, queue.isEndSent, now - lastProgress > Self.lastWords {
            endStream()
        }
    }
}
