internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// One HTTP/2 connection to an upstream: one handler for all of its streams.
final class HTTP2UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What may lie unread of all streams of a connection.
    private static let largestWindow = 64 * 1024 * 1024

    private static func limits(of upstream: Upstream) -> HTTP2Connection.Limits {
        var limits = HTTP2Connection.Limits()
        // Room for every stream, so that clients that do not read stop their own streams and no others.
        limits.connectionWindow = min(limits.streamWindow * max(4, upstream.streamLimit), largestWindow)
        // Generous, since it is the operator's own.
        limits.message = MessageLimits(head: .kibibytes(64), fields: 128)
        return limits
    }

    /// Streams kept for the next requests.
    private static let mostSpare = 64

    let endpoint: PooledEndpoint
    /// Kept until the connection is gone, which may be after the server is.
    private let pool: UpstreamPool
    private let eventLoop: any EventLoop
    /// What the streams write to.
    let wire: HTTP2Wire
    private var streams: [UInt32: HTTP2UpstreamStream] = [:]
    private var spare: [HTTP2UpstreamStream] = []
    /// Streams that something came for in this turn of reading.
    private var touched: [HTTP2UpstreamStream] = []
    private var isClosed = false
    /// A response has begun on it.
    private var hasServed = false
    /// Counted by the pool, which learns of its end.
    var isEstablished = false
    /// Takes no more requests, and closes after those that it has.
    private var isRetired = false
    var establishedAt = NIODeadline.distantPast
    var idleSince = NIODeadline.distantPast

    init(endpoint: PooledEndpoint, pool: UpstreamPool, eventLoop: any EventLoop) {
        self.endpoint = endpoint
        self.pool = pool
        self.eventLoop = eventLoop
        wire = HTTP2Wire(
            HTTP2Connection(.client, limits: Self.limits(of: endpoint.upstream)),
            eventLoop: eventLoop
        )
    }

    // MARK: For the pool

    var isOpen: Bool { !isClosed && wire.context?.channel.isActive == true }
    var isIdle: Bool { streams.isEmpty }
    var streamCount: Int { streams.count }

    /// True when one more request may go out now.
    var hasRoom: Bool {
        isOpen && !isRetired && wire.machine.mayOpenStream && streams.count < endpoint.upstream.streamLimit
    }

    func begin(for runner: ExchangeRunner) -> HTTP2UpstreamStream? {
        guard hasRoom, let id = wire.machine.openStream() else { return nil }
        let stream = spare.popLast() ?? HTTP2UpstreamStream(connection: self)
        stream.open(id, for: runner)
        streams[id] = stream
        return stream
    }

    func retire() {
        isRetired = true
        closeIfUseless()
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        wire.flushNow()
        wire.context?.close(promise: nil)
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        wire.context = context
        wire.machine.start()
        if context.channel.isActive {
            context.read()
            wire.flush()
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        wire.flush()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        wire.machine.feed(unwrapInboundIn(data), at: .distantPast)
        wire.isReading = true
        readEvents()
        wire.isReading = false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let taken = touched
        touched.removeAll(keepingCapacity: true)
        for stream in taken {
            stream.isTouched = false
            stream.resumeReading()
        }
        wire.flush()
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
        end(.closed)
        spare = []
        touched = []
        if isEstablished { pool.closed(self) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Fails what is under way. For the health of the endpoint that is one failure, however many requests it meets.
    private func end(_ failure: UpstreamFailure) {
        isClosed = true
        let broken = Array(streams.values)
        streams = [:]
        if broken.contains(where: { !$0.hasResponded }) { endpoint.failed(at: eventLoop.now) }
        for stream in broken {
            // As on HTTP/1.1: a connection that has served may have been closed before it read these requests.
            let mayRepeat = failure == .closed && hasServed && !stream.hasReceived
            stream.failed(failure, mayRepeat ? .ifIdempotent : .never, isCounted: true)
        }
    }

    // MARK: Events

    private func readEvents() {
        while true {
            switch wire.machine.next() {
            case .incomplete:
                return
            case .headers(let id, let endsStream):
                hasServed = true
                if let stream = streams[id] {
                    touch(stream)
                    // Taken out first: what the stream does with them comes back to the wire.machine.
                    let (status, isTooLarge) = (wire.machine.headers.statusCode, wire.machine.headers.isTooLarge)
                    stream.received(
                        wire.machine.headers.takeFields(),
                        status: isTooLarge ? nil : status,
                        endsStream: endsStream
                    )
                }
            case .data(let id, let part, let endsStream):
                if let stream = streams[id] {
                    touch(stream)
                    stream.received(part, endsStream: endsStream)
                } else {
                    wire.machine.consumed(part.readableBytes, of: id)
                }
            case .reset(let id, let code):
                streams[id]?.failed(.closed, code == .refusedStream ? .always : .never)
                forget(id)
            case .streamFault(let id, _):
                streams[id]?.failed(.malformed, .never)
                forget(id)
            case .refused:
                // Of streams that a server opens, which it may not.
                break
            case .windowOpened(0):
                feedStarved()
            case .settings:
                feedStarved()
                for stream in Array(streams.values) {
                    stream.settingsArrived()
                }
                pool.hasRoom(self)
            case .windowOpened(let id):
                streams[id]?.windowOpened()
            case .goAway(let last, _):
                // In their order, so that on the next connection the same ones are not the last again.
                for id in streams.keys.filter({ $0 > last }).sorted() {
                    wire.machine.reset(id, .cancel)
                    streams.removeValue(forKey: id)?.failed(.closed, .onAnotherConnection)
                }
                closeIfUseless()
            case .fault:
                end(.malformed)
                wire.flushNow()
                wire.context?.close(promise: nil)
                return
            }
        }
    }

    private func touch(_ stream: HTTP2UpstreamStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        touched.append(stream)
    }

    private func feedStarved() {
        for id in wire.takeStarved() {
            streams[id]?.windowOpened()
        }
    }

    // MARK: For the streams

    var hasSettings: Bool { !wire.machine.isOpening }
    var allowsConnectProtocol: Bool { wire.machine.peer.allowsConnectProtocol }

    /// The stream is over.
    func forget(_ id: UInt32) {
        guard let stream = streams.removeValue(forKey: id) else { return }
        if !isClosed, spare.count < Self.mostSpare, stream.isOver { spare.append(stream) }
        closeIfUseless()
        if !isClosed { pool.hasRoom(self) }
    }

    private func closeIfUseless() {
        guard streams.isEmpty, isRetired || wire.machine.isPeerGoingAway || wire.machine.lastStream >= 0x7FFF_FFFD
        else {
            return
        }
        close()
    }
}
