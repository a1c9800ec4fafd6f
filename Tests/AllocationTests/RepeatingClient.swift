import GatewayKit
import GatewayServer
import NIOCore
import NIOPosix

/// Sends the same request on one connection, each when the answer to the one before is whole.
final class RepeatingClient: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Version: Sendable {
        case http1, http2
    }

    /// The body by whose end an answer is known to be whole.
    static let answer = "this is the end of it\n"

    private let version: Version
    private let authorization: String
    private let done: EventLoopPromise<Void>
    private var remaining: Int
    private var received = ByteBuffer()
    private var connection = HTTP2Connection(.client)
    private var isFirst = true

    private init(_ count: Int, _ version: Version, authorization: String, done: EventLoopPromise<Void>) {
        self.version = version
        self.authorization = authorization
        self.done = done
        remaining = count
    }

    static func send(_ count: Int, _ version: Version, authorization: String, to port: Int) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let done = loop.makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let client = RepeatingClient(count, version, authorization: authorization, done: done)
                try channel.pipeline.syncOperations.addHandler(client)
            }
        }.connect(host: "127.0.0.1", port: port).get()
        try await done.futureResult.get()
        try await channel.close()
    }

    func channelActive(context: ChannelHandlerContext) {
        if version == .http2 { connection.start() }
        sendNext(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        switch version {
        case .http1:
            received.writeBuffer(&part)
            guard received.readableBytesView.suffix(Self.answer.utf8.count).elementsEqual(Self.answer.utf8) else {
                return
            }
            received.clear()
            sendNext(context)
        case .http2:
            connection.feed(part, at: .now())
            readEvents(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        done.fail(ChannelError.eof)
    }

    private func readEvents(_ context: ChannelHandlerContext) {
        while true {
            switch connection.next() {
            case .incomplete:
                return write(context)
            case .data(let stream, let part, let endsStream):
                connection.consumed(part.readableBytes, of: stream)
                if endsStream { sendNext(context) }
            case .fault, .goAway, .refused, .reset, .streamFault:
                return context.close(promise: nil)
            case .headers, .windowOpened, .settings:
                continue
            }
        }
    }

    private func sendNext(_ context: ChannelHandlerContext) {
        guard remaining > 0 else { return done.succeed() }
        remaining -= 1
        switch version {
        case .http1:
            connection.output.writeString(
                "GET /v1/quotes HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n"
                    + "Authorization: \(authorization)\r\nUser-Agent: test\r\n\r\n"
            )
        case .http2:
            guard let stream = connection.openStream() else { return context.close(promise: nil) }
            connection.writeHeaders(stream, endsStream: true, writeFields)
        }
        isFirst = false
        write(context)
    }

    private func write(_ context: ChannelHandlerContext) {
        guard connection.output.readableBytes > 0 else { return }
        let output = connection.output
        connection.output = ByteBuffer()
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    /// Each line is in the dynamic table from the first request on (RFC 7541 §6.2.1), as browsers do it.
    private func writeFields(_ buffer: inout ByteBuffer) {
        if isFirst {
            // The connection has said before that it needs no table.
            HPACKWriter.writeTableSizeUpdate(4096, into: &buffer)
        }
        // :method GET and :scheme http of the static table (RFC 7541, appendix A).
        buffer.writeBytes([0x82, 0x86])
        // :path, :authority, accept, authorization and user-agent by their names in it.
        let fields = [(4, "/v1/quotes"), (1, "a"), (19, "*/*"), (23, authorization), (58, "test")]
        for (index, (name, value)) in fields.enumerated() {
            guard isFirst else {
                // The last that was put into the table is entry 62.
                buffer.writeInteger(UInt8(0x80 | (61 + fields.count - index)))
                continue
            }
            HPACKWriter.writeInteger(name, prefixBits: 6, pattern: 0x40, into: &buffer)
            HPACKWriter.writeInteger(value.utf8.count, prefixBits: 7, pattern: 0, into: &buffer)
            buffer.writeString(value)
        }
    }
}
