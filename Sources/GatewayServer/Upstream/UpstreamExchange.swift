internal import GatewayKit
internal import NIOCore

/// The upstream's side of one exchange: a connection of HTTP/1, a stream of HTTP/2. All calls are on its event loop.
///
/// It tells the runner what comes: `upstreamInformational`, `upstreamHead`, `upstreamPart`, and at last one of
/// `upstreamEnded` and `upstreamFailed`, after which it does not know the runner any more. While the runner holds the
/// response no part is told, until `resumeReading`.
protocol UpstreamExchange: AnyObject {
    var upstream: Upstream { get }
    /// Where it goes.
    var endpoint: PooledEndpoint { get }
    /// False while the upstream does not take what it is sent.
    var isWritable: Bool { get }
    /// True once the final head has arrived.
    var hasResponded: Bool { get }

    func sendHead(_ request: RequestHead, edits: RequestEdits, client: ForwardedClient, passesExpectation: Bool)
    func sendPart(_ part: ByteBuffer)
    func sendEnd(trailers: Fields)
    func flush()
    /// The client takes more of the response, or it is no longer held.
    func resumeReading()
    /// The exchange is over before the response is.
    func abandon()
}
