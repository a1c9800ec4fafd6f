public import NIOCore

/// Changes, holds or ends the body of an upstream's response on its way to the client.
///
/// Set by `Exchange.addResponseFilter`, at the latest in `adjust`. Belongs to the exchange's event loop, and is asked about
/// one part after the other, never about the next before it has answered. While it has not, nothing more is read of the
/// upstream than what has arrived, and neither the upstream's nor the client's silence ends the exchange: a filter bounds
/// its hold itself. What still ends it are the client, a drain that expires, the upstream's failure and its `total`
/// timeout.
///
/// Not asked about responses that have no body (to HEAD, 204, 304, a gRPC status without messages), about WebSockets, nor
/// about the gateway's own replies. Parts are as they came, cut anywhere, and coded as `Content-Encoding` says: see
/// `RequestEdits.acceptOnlyIdentity`. What the head says about the body (`ETag`, `Content-Digest`) is for `adjust` to mend.
public protocol ResponseFilter: AnyObject {
    /// True: as many bytes pass as the head says, so that `Content-Length` may stay; a response that turns out otherwise
    /// is cut. By default false: the body goes out in chunks, or to an HTTP/1.0 client until the connection closes.
    var keepsLength: Bool { get }

    /// What goes to the client in place of this part, after what was sent through the outlet meanwhile: the part itself
    /// passes without a copy, an empty buffer is nothing. An error cuts the response.
    func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) throws -> Eventually<ByteBuffer>

    /// The upstream's response is whole: the last time to send something, and the trailers that the client gets. An error
    /// cuts the response.
    func trailers(after trailers: Fields, to outlet: any ResponseOutlet) throws -> Eventually<Fields>

    /// Learns how the exchange ended, before the stages do: exactly once, always, whether it was asked or not. An answer
    /// that it still owes has no effect any more, but its promise must be kept all the same.
    func settle(as outcome: Outcome)
}

extension ResponseFilter {
    public var keepsLength: Bool { false }
    public func trailers(after trailers: Fields, to outlet: any ResponseOutlet) -> Eventually<Fields> { .now(trailers) }
    public func settle(as outcome: Outcome) {}
}

/// The way to the client past the parts that a filter answers for. Used on the exchange's event loop, at any time; once the
/// exchange is over it does nothing.
public protocol ResponseOutlet: AnyObject {
    /// False while the client does not take what it was sent, or is gone.
    var isWritable: Bool { get }

    /// Sends at once, before any part that is still to be answered.
    func send(_ bytes: ByteBuffer)

    /// Ends the response as a whole one, and cancels what is left of the upstream's. While the filter is being called,
    /// this waits until it has returned, and what it answers still goes out.
    func end(trailers: Fields)

    /// The same, but so that the client sees that it is incomplete: HTTP/1.1 without the last chunk, HTTP/2 with a reset.
    func cut()
}

extension ResponseOutlet {
    public func end() { end(trailers: Fields()) }
}
