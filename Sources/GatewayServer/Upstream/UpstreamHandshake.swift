internal import GatewayKit
internal import NIOCore
internal import NIOTLS

/// Waits for the TLS handshake of a connection to an upstream, and puts the handler of what was agreed on in its place.
final class UpstreamHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let endpoint: PooledEndpoint
    private let pool: UpstreamPool
    private let promise: EventLoopPromise<NIOLoopBound<UpstreamPool.Established>>
    private var isDone = false

    init(endpoint: PooledEndpoint, pool: UpstreamPool) {
        self.endpoint = endpoint
        self.pool = pool
        promise = pool.eventLoop.makePromise()
    }

    /// Fails when the connection does not come to stand.
    var established: EventLoopFuture<NIOLoopBound<UpstreamPool.Established>> { promise.futureResult }

    func channelActive(context: ChannelHandlerContext) {
        // Bounded like the connection itself: a peer may accept and never shake hands.
        let limit = TimeAmount(endpoint.upstream.timeouts.connect)
        let loop = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let timeout = context.eventLoop.scheduleTask(in: limit) {
            let (handshake, context) = loop.value
            handshake.fail(ChannelError.connectTimeout(limit), context)
        }
        promise.futureResult.whenComplete { _ in timeout.cancel() }
        context.read()
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !isDone, case .handshakeCompleted(let name)? = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        let negotiated = ApplicationProtocol(negotiated: name)
        guard endpoint.upstream.transport != .http2 || negotiated == .http2 else {
            return fail(UpstreamFailure.malformed, context)
        }
        let established = pool.connection(speaking: negotiated, to: endpoint)
        do {
            try context.pipeline.syncOperations.addHandler(established.handler, position: .after(self))
        } catch {
            return fail(error, context)
        }
        isDone = true
        // Before the promise, which may send a request at once.
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        promise.succeed(NIOLoopBound(established, eventLoop: context.eventLoop))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if !isDone { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(UpstreamFailure.closed, context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        promise.fail(error)
        context.close(promise: nil)
    }
}
