internal import GatewayKit
internal import NIOCore

/// The client's side of one exchange: a connection of HTTP/1, a stream of HTTP/2. All calls are on its event loop.
protocol Front: AnyObject {
    var isWritable: Bool { get }
    /// How long the client may be silent, or not take what is sent.
    var idleTimeout: Duration { get }
    var limits: MessageLimits { get }

    /// True while the client waits for a 100 before it sends the body.
    var awaitsContinue: Bool { get }

    /// Sends 100 Continue if the client waits for one and nothing was sent before.
    func sendContinue()
    func sendInformational(_ head: ResponseHead)
    /// - Parameter closes: the connection ends with this response.
    func sendHead(_ head: ResponseHead, body: ResponseBody, closes: Bool)
    func sendPart(_ part: ByteBuffer)
    func sendEnd(trailers: Fields)
    func flush()
    /// Reads what has arrived of the request's body, as far as the runner wants it.
    func pullBody()
    /// Takes back what the next exchange can use again.
    func recycle(_ exchange: Exchange)
    /// The exchange is over; the connection may serve the next.
    func exchangeEnded()
    /// The exchange is over, and what the client got is not a whole response.
    func abort()
}
