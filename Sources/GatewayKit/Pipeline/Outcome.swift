public import HTTPTypes

/// How an exchange ended.
public struct Outcome: Sendable {
    public enum End: Sendable, Equatable {
        /// The upstream's response reached the client to its end, or to where a filter ended it.
        case answered
        /// The gateway answered itself, to the end.
        case replied
        /// The upstream could not be reached, or failed before its response ended.
        case upstreamFailed(UpstreamFailure)
        /// The client left before the response ended.
        case clientLeft
        /// The server stopped before the response ended.
        case drained
        /// A filter cut the response.
        case cut
    }

    public let end: End
    /// `nil` when no response head was sent.
    public let status: HTTPResponse.Status?
    /// Bytes of the request's body that were read from the client.
    public let requestBytes: UInt64
    /// Bytes of the response's body that were written to the client.
    public let responseBytes: UInt64

    public init(end: End, status: HTTPResponse.Status?, requestBytes: UInt64, responseBytes: UInt64) {
        self.end = end
        self.status = status
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
    }

    /// True when the client got a whole response.
    public var isComplete: Bool {
        end == .answered || end == .replied
    }
}

public enum UpstreamFailure: String, Sendable, Error {
    /// No connection could be made: 502.
    case unreachable
    /// No connection in time, no response head in time, or silence in the middle: 504 where no head was sent yet.
    case timeout
    /// It closed the connection before its response ended, or reset it: 502 where no head was sent yet.
    case closed
    /// It answered something that is not HTTP: 502.
    case malformed
    /// The pool has no connection to give and no room to wait: 503.
    case busy
}
