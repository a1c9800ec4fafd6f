internal import GatewayKit
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension UpstreamPool {
    /// A connection that has just been established, by what it speaks.
    enum Established {
        case http1(HTTP1UpstreamConnection)
        case http2(HTTP2UpstreamConnection)

        var handler: any ChannelHandler {
            switch self {
            case .http1(let connection): connection
            case .http2(let connection): connection
            }
        }
    }

    func connection(speaking version: ApplicationProtocol, to endpoint: PooledEndpoint) -> Established {
        switch version {
        case .http1: .http1(HTTP1UpstreamConnection(endpoint: endpoint, pool: self))
        case .http2: .http2(HTTP2UpstreamConnection(endpoint: endpoint, pool: self, eventLoop: eventLoop))
        }
    }

    func connect(_ endpoint: PooledEndpoint) -> EventLoopFuture<NIOLoopBound<Established>>.Isolated {
        let upstream = endpoint.upstream
        let pool = NIOLoopBound((self, endpoint), eventLoop: eventLoop)
        let tls: NIOSSLContext?
        do {
            tls = try upstream.tls.map { try self.tls.context(for: $0, protocols: upstream.transport.protocols) }
        } catch {
            return eventLoop.makeFailedFuture(error).assumeIsolated()
        }
        let name = upstream.tls?.name(of: endpoint.endpoint.host)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 * 1024, high: 128 * 1024))
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: ReceiveBuffers())
            .connectTimeout(TimeAmount(upstream.timeouts.connect))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let tls else { return }
                    let (pool, endpoint) = pool.value
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    try pipeline.addHandler(UpstreamHandshake(endpoint: endpoint, pool: pool))
                }
            }
        let connected =
            if let path = endpoint.endpoint.socketPath {
                bootstrap.connect(unixDomainSocketPath: path)
            } else if let address = endpoint.address {
                bootstrap.connect(to: address)
            } else {
                bootstrap.connect(host: endpoint.endpoint.host, port: endpoint.endpoint.port)
            }
        return connected.assumeIsolated().flatMap { channel in
            let pipeline = channel.pipeline.syncOperations
            do {
                guard tls == nil else {
                    return try pipeline.handler(type: UpstreamHandshake.self).established
                }
                let version = upstream.transport == .http2 ? ApplicationProtocol.http2 : .http1
                let established = self.connection(speaking: version, to: endpoint)
                try pipeline.addHandler(established.handler)
                return channel.eventLoop.makeSucceededFuture(NIOLoopBound(established, eventLoop: channel.eventLoop))
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
    }
}

extension Upstream.Transport {
    /// What is offered in a TLS handshake.
    var protocols: [ApplicationProtocol] {
        switch self {
        case .http1: [.http1]
        case .http2: [.http2]
        case .negotiated: [.http2, .http1]
        }
    }
}
