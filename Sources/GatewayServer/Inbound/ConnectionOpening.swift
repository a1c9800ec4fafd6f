internal import GatewayKit
internal import Logging
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// The first moments of a client connection: the PROXY header, the TLS handshake, and which HTTP it speaks. Gives way to
/// the connection that serves it.
final class ConnectionOpening: ChannelInboundHandler, RemovableChannelHandler, ClientConnection {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum Phase {
        case proxyHeader(ProxyHeaderReader)
        case handshake
        /// Cleartext: the first bytes tell HTTP/2 from HTTP/1 (RFC 9113 §3.3).
        case firstBytes
        case over
    }

    private let entrance: Entrance
    private var phase = Phase.over
    private var buffer = ByteBuffer()
    /// Who the client is: the peer, or whom a PROXY header names.
    private var address: IPAddress?
    private var isTrusted = false
    private var start: NIODeadline
    private var context: ChannelHandlerContext?
    var index = 0

    private var worker: Worker { entrance.worker }

    init(_ entrance: Entrance) {
        self.entrance = entrance
        start = entrance.worker.now
    }

    // MARK: Channel

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        start = worker.now
        address = context.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        isTrusted = entrance.trusts(address)
        let counted = isTrusted ? nil : address
        guard !worker.isDraining, !entrance.isClosed else {
            context.close(promise: nil)
            return
        }
        guard entrance.census.enter(counted) else {
            worker.countRefusedConnection()
            context.close(promise: nil)
            return
        }
        let (entrance, channel) = (entrance, context.channel)
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            entrance.census.leave(counted)
            entrance.remove(channel)
        }
        worker.add(self)
        entrance.add(self, of: channel)
        if entrance.settings.acceptsProxyProtocol, isTrusted {
            phase = .proxyHeader(ProxyHeaderReader())
        } else {
            begin(context)
        }
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeBuffer(&bytes)
        }
        switch phase {
        case .proxyHeader(let reader): readProxyHeader(reader, context)
        case .firstBytes: sniff(context)
        case .handshake, .over: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if case .over = phase {} else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshake = phase, case .handshakeCompleted(let name)? = event as? TLSUserEvent {
            serve(context, as: ApplicationProtocol(negotiated: name))
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    private func end() {
        if case .over = phase { return }
        phase = .over
        worker.remove(self)
    }

    // MARK: Steps

    private func readProxyHeader(_ reader: ProxyHeaderReader, _ context: ChannelHandlerContext) {
        switch reader.read(&buffer) {
        case .incomplete:
            return
        case .fault(let reason):
            worker.logger.debug("a PROXY header is malformed", metadata: ["reason": .string(reason)])
            worker.countAbuse()
            context.close(promise: nil)
        case .complete(let header):
            if let source = header.source {
                address = source.address
                isTrusted = entrance.settings.trustedProxies.contains { $0.contains(source.address) }
            }
            begin(context)
            let rest = buffer
            buffer = ByteBuffer()
            guard rest.readableBytes > 0 else { return }
            context.pipeline.syncOperations.fireChannelRead(NIOAny(rest))
        }
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard let tls = entrance.tls else {
            phase = .firstBytes
            return
        }
        phase = .handshake
        do {
            let handler = NIOSSLServerHandler(context: tls)
            try context.pipeline.syncOperations.addHandler(handler, position: .before(self))
        } catch {
            context.close(promise: nil)
        }
    }

    private func sniff(_ context: ChannelHandlerContext) {
        let preface = HTTP2Connection.preface
        let count = min(buffer.readableBytes, preface.count)
        guard buffer.readableBytesView.prefix(count).elementsEqual(preface.prefix(count)) else {
            serve(context, as: .http1)
            return
        }
        if count == preface.count {
            serve(context, as: .http2)
        }
    }

    private func serve(_ context: ChannelHandlerContext, as version: ApplicationProtocol) {
        end()
        let peer = entrance.peer(address, isTrusted: isTrusted)
        let handler: any ChannelHandler & ClientConnection
        switch version {
        case .http1:
            handler = HTTP1Connection(entrance, peer: peer)
        case .http2:
            handler = HTTP2ServerConnection(
                worker: worker,
                settings: entrance.settings,
                routing: entrance.routing,
                peer: peer,
                scheme: entrance.scheme
            )
        }
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            context.close(promise: nil)
            return
        }
        entrance.add(handler, of: context.channel)
        let rest = buffer
        buffer = ByteBuffer()
        if rest.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(rest))
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    // MARK: Time

    func checkDeadlines(now: NIODeadline) {
        let limits = entrance.settings.limits
        let isQuiet: Bool = if case .firstBytes = phase { buffer.readableBytes == 0 } else { false }
        if now - start > TimeAmount(isQuiet ? limits.idleTimeout : limits.headTimeout) {
            context?.close(promise: nil)
        }
    }

    func drain() {
        context?.close(promise: nil)
    }

    func expire() {
        context?.close(promise: nil)
    }
}
