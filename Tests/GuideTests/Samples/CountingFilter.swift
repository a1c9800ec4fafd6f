import GatewayKit
import NIOCore

/// Tells clients behind the body how long it was.
final class CountingFilter: ResponseFilter {
    private var count = 0

    func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) -> Eventually<ByteBuffer> {
        count += part.readableBytes
        return .now(part)
    }

    func trailers(after trailers: Fields, to outlet: any ResponseOutlet) -> Eventually<Fields> {
        outlet.send(ByteBuffer(string: "\n\(count) bytes\n"))
        return .now(trailers)
    }
}
