internal import GatewayKit
internal import HTTPTypes
internal import Logging
internal import NIOCore

/// One client connection that speaks HTTP/2: one handler for all of its streams, without a channel for each.
final class HTTP2ServerConnection: ChannelInboundHandler, ClientConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long after the first GOAWAY streams that were on their way are still taken.
    private static let goAwayGrace = TimeAmount.milliseconds(500)
    /// How long the client may take to read the last bytes of a connection that is over.
    private static let lastWords = TimeAmount.seconds(2)
    /// Answers to control frames that may wait unread; a client that has more of them waiting is an attacker.
    private static let mostUnreadControl = 64 * 1024
    /// Streams kept for the next requests.
    private static let mostSpare = 32

    let worker: Worker
    private let settings: ListenerSettings
    private let routing: any Routing
    let peer: Peer
    private let scheme: String

    /// What the streams write to.
    let wire: HTTP2Wire
    private var streams: [UInt32: HTTP2ServerStream] = [:]
    private var spare: [HTTP2ServerStream] = []
    /// Streams that something came for in this turn of reading.
    private var touched: [HTTP2ServerStream] = []
    private var controlBytes = 0
    /// Since when it has had no stream, or has waited for the rest of something.
    private var quietSince: NIODeadline
    private var drainStart: NIODeadline?
    private var hasSentFinalGoAway = false
    private var closeStart: NIODeadline?
    var index = 0

    init(worker: Worker, settings: ListenerSettings, routing: any Routing, peer: Peer, scheme: String) {
        self.worker = worker
        self.settings = settings
        self.routing = routing
        self.peer = peer
        self.scheme = scheme
        var limits = HTTP2Connection.Limits()
        limits.message = settings.limits
        limits.concurrentStreams = settings.limits.streams
        wire = HTTP2Wire(HTTP2Connection(.server, limits: limits), eventLoop: worker.eventLoop)
        quietSince = worker.now
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        wire.context = context
        quietSince = worker.now
        worker.add(self)
        wire.machine.start()
        if worker.isDraining { drain() }
        if context.channel.isActive { context.read() }
        wire.flush()
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard closeStart == nil else { return }
        wire.machine.feed(unwrapInboundIn(data), at: worker.now)
        wire.isReading = true
        readEvents()
        wire.isReading = false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let touched = takeTouched()
        for stream in touched {
            stream.runner.frontReadComplete()
        }
        if !context.channel.isWritable {
            controlBytes += wire.machine.output.readableBytes
        } else {
            controlBytes = 0
        }
        wire.flush()
        guard controlBytes < Self.mostUnreadControl else {
            fail(HTTP2Fault(.enhanceYourCalm, "the answers to control frames are not read"))
            return
        }
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        for stream in Array(streams.values) {
            stream.becameWritable()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        left()
    }

    /// Of a channel that was closed before it could tell of its opening, this is all that is heard.
    func handlerRemoved(context: ChannelHandlerContext) {
        left()
    }

    private func left() {
        guard wire.context != nil else { return }
        wire.context = nil
        closeStart = closeStart ?? worker.now
        for stream in Array(streams.values) {
            stream.left()
        }
        streams = [:]
        spare = []
        touched = []
        worker.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Events

    private func readEvents() {
        while closeStart == nil {
            switch wire.machine.next() {
            case .incomplete:
                return
            case .headers(let id, let endsStream):
                if let stream = streams[id] {
                    touch(stream)
                    stream.received(trailers: wire.machine.headers.takeFields())
                } else {
                    begin(id, endsStream: endsStream)
                }
            case .data(let id, let part, let endsStream):
                if let stream = streams[id] {
                    touch(stream)
                    stream.received(part, endsStream: endsStream)
                } else {
                    wire.machine.consumed(part.readableBytes, of: id)
                }
            case .reset(let id, _):
                streams[id]?.left()
                forget(id)
            case .streamFault(let id, let code):
                streams[id]?.left(because: "the client broke the rules of its stream: \(code)")
                forget(id)
            case .refused(_, let reason):
                refuse(because: reason)
            case .windowOpened(0), .settings:
                feedStarved()
            case .windowOpened(let id):
                streams[id]?.windowOpened()
            case .goAway:
                break
            case .fault(let fault):
                end(fault)
                return
            }
        }
    }

    private func touch(_ stream: HTTP2ServerStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(stream)
    }

    private func takeTouched() -> [HTTP2ServerStream] {
        let taken = touched
        touched.removeAll(keepingCapacity: true)
        for stream in taken { stream.isTouched = false }
        return taken
    }

    private func begin(_ id: UInt32, endsStream: Bool) {
        let stream = spare.popLast() ?? HTTP2ServerStream(connection: self)
        touch(stream)
        streams[id] = stream
        guard !wire.machine.headers.isTooLarge else {
            stream.open(id, expects: nil, endsStream: endsStream)
            let limits = settings.limits
            stream.refuse(
                Reply(
                    .requestHeaderFieldsTooLarge,
                    detail: "the header fields are longer than \(limits.head), or more than \(limits.fields)"
                )
            )
            return
        }
        do throws(MessageFault) {
            let request = try RequestHead(&wire.machine.headers, scheme: scheme, endsStream: endsStream)
            begin(request, on: stream, id: id, endsStream: endsStream)
        } catch {
            stream.open(id, expects: nil, endsStream: endsStream)
            stream.refuse(Reply(error.status, detail: error.detail))
        }
    }

    /// The client is told in a reset that its request will not be looked at.
    private func refuse(because reason: String) {
        // Its lines may be incomplete, but those of the target are checked.
        let request = try? RequestHead(&wire.machine.headers, scheme: scheme, endsStream: false)
        worker.recordReset(of: request, from: peer, because: reason)
    }

    private func begin(_ request: RequestHead, on stream: HTTP2ServerStream, id: UInt32, endsStream: Bool) {
        stream.open(id, expects: request, endsStream: endsStream)
        guard let route = routing.route(for: request) else {
            stream.refuse(Reply(.notFound, detail: "no route matches this request"), to: request)
            return
        }
        let exchange = Exchange(
            id: worker.nextExchangeID(),
            request: request,
            client: peer.client(of: request),
            route: route,
            logger: worker.logger,
            eventLoop: worker.eventLoop
        )
        stream.runner.run(exchange, client: peer.forwarded)
    }

    /// Applies the settings of a client that upgrades from HTTP/1.1.
    ///
    /// - Returns: false when they are not valid.
    func accepts(_ settings: ByteBuffer) -> Bool {
        do throws(HTTP2Fault) {
            try wire.machine.apply(settings)
            return true
        } catch {
            return false
        }
    }

    /// Serves the request that was upgraded from HTTP/1.1 as stream 1 (RFC 7540 §3.2).
    func adopt(_ request: RequestHead) {
        wire.machine.adoptUpgradedStream()
        let stream = HTTP2ServerStream(connection: self)
        streams[1] = stream
        begin(request, on: stream, id: 1, endsStream: true)
    }

    // MARK: For the streams

    var limits: MessageLimits { settings.limits }

    /// Ends a stream whose body is not what its head said.
    func resetForFault(_ id: UInt32) {
        let isTolerable = wire.machine.resetForFault(id, .protocolError)
        forget(id)
        if isTolerable {
            wire.flush()
        } else {
            fail(HTTP2Fault(.enhanceYourCalm, "too many streams with errors"))
        }
    }

    private func feedStarved() {
        for id in wire.takeStarved() {
            streams[id]?.windowOpened()
        }
    }

    /// The stream is over.
    func forget(_ id: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        if wire.context != nil, spare.count < Self.mostSpare, !stream.runner.isRunning { spare.append(stream) }
        guard streams.isEmpty else { return }
        quietSince = worker.now
        if hasSentFinalGoAway { close() }
    }

    func recycle(_ lines: [Fields.Line]) {
        wire.machine.headers.reset(reusing: lines)
    }

    // MARK: The end

    private func fail(_ fault: HTTP2Fault) {
        wire.machine.goAway(fault.code, isFinal: true)
        end(fault)
    }

    private func end(_ fault: HTTP2Fault) {
        worker.logger.debug("a connection of HTTP/2 failed", metadata: ["reason": .string(fault.detail)])
        if fault.isAbuse { worker.countAbuse() }
        for stream in Array(streams.values) {
            stream.left()
        }
        streams = [:]
        close()
    }

    /// Lets the client read what was written, then closes.
    private func close() {
        guard closeStart == nil else { return }
        closeStart = worker.now
        wire.flushNow()
        wire.context?.close(mode: .output, promise: nil)
        wire.context?.read()
    }

    // MARK: Time

    func checkDeadlines(now: NIODeadline) {
        if let closeStart {
            if now - closeStart > Self.lastWords { wire.context?.close(promise: nil) }
            return
        }
        if let drainStart, !hasSentFinalGoAway, now - drainStart > Self.goAwayGrace {
            wire.machine.goAway(isFinal: true)
            hasSentFinalGoAway = true
            wire.flush()
            if streams.isEmpty { return close() }
        }
        for stream in Array(streams.values) {
            stream.checkDeadlines(now: now)
        }
        let quiet = now - quietSince
        if wire.machine.isOpening || wire.machine.isInsideHeaders {
            if quiet > TimeAmount(settings.limits.headTimeout) {
                fail(HTTP2Fault(.settingsTimeout, "the preface or a header block did not come in time"))
            }
        } else if !streams.isEmpty {
            quietSince = now
        } else if quiet > TimeAmount(settings.limits.idleTimeout) {
            wire.machine.goAway(isFinal: true)
            close()
        }
    }

    func drain() {
        guard drainStart == nil else { return }
        drainStart = worker.now
        wire.machine.goAway(isFinal: false)
        if streams.isEmpty {
            wire.machine.goAway(isFinal: true)
            hasSentFinalGoAway = true
            close()
        } else {
            wire.flush()
        }
    }

    func expire() {
        for stream in Array(streams.values) {
            stream.runner.drainExpired()
        }
        wire.flushNow()
        wire.context?.close(promise: nil)
    }
}
