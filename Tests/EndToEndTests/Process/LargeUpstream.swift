import NIOCore
import NIOPosix

/// A service that sends a large body to a GET, and counts that of a POST.
final class LargeUpstream: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let part = ByteBuffer(repeating: 0, count: 64 * 1024)
    private let size: Int
    private var sent = 0
    private var received = 0
    private var isSending = false
    private var isHeadRead = false

    private init(size: Int) {
        self.size = size
    }

    static func start(size: Int) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(LargeUpstream(size: size))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if !isHeadRead, bytes.readableBytesView.starts(with: "GET".utf8) {
            write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n", context)
            isSending = true
            send(context)
            return
        }
        if !isHeadRead {
            // The head of the gateway's own request comes whole, with or without the body's first bytes.
            let view = bytes.readableBytesView
            guard let end = view.firstRange(of: "\r\n\r\n".utf8) else { return }
            bytes.moveReaderIndex(to: end.upperBound)
            isHeadRead = true
        }
        received += bytes.readableBytes
        if received == size {
            let text = "\(received)"
            write("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)", context)
            received = 0
            isHeadRead = false
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isSending { send(context) }
    }

    private func send(_ context: ChannelHandlerContext) {
        while sent < size, context.channel.isWritable {
            context.writeAndFlush(wrapOutboundOut(Self.part), promise: nil)
            sent += Self.part.readableBytes
        }
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }
}
