package import GatewayKit
package import HTTPTypes
package import NIOCore

/// What the access log says of one request.
///
/// Takes from the request what may be written down and nothing else: no query, no fields, so no credential.
package struct AccessLogEntry: Sendable {
    /// When the exchange ended.
    package let time: WallTime
    /// The decision id that the client was told, too.
    package let id: ExchangeID
    /// `nil` on a Unix socket.
    package let client: IPAddress?
    /// `nil`, like the next three, when what came could not be read as a request.
    package let method: HTTPRequest.Method?
    package let version: RequestHead.Version?
    package let authority: ByteBuffer
    package let path: ByteBuffer
    /// `nil` when no route matched.
    package let route: String?
    /// The stage that replied or forwarded; `nil` when none did.
    package let stage: String?
    package let upstream: String?
    /// What the first stage in shadow that would have refused the request says: `rate-limit 429`.
    package let shadow: String?
    package let outcome: Outcome
    /// Why the gateway ended the stream of the request with a reset (RFC 9113 §5.4.2).
    package let reason: String?
    package let timing: Timing

    /// All from the arrival of the request's head on.
    package struct Timing: Sendable, Hashable {
        /// Until the exchange ended.
        package let total: Duration
        /// Until there was a connection to the upstream; `nil` when there was none.
        package let connected: Duration?
        /// Until the first byte of the response went to the client; `nil` when none did.
        package let firstByte: Duration?

        package init(total: Duration, connected: Duration? = nil, firstByte: Duration? = nil) {
            self.total = total
            self.connected = connected
            self.firstByte = firstByte
        }
    }

    package init(
        time: WallTime,
        id: ExchangeID,
        client: IPAddress?,
        request: RequestHead?,
        route: String?,
        stage: String?,
        upstream: String?,
        shadow: String? = nil,
        outcome: Outcome,
        reason: String? = nil,
        timing: Timing
    ) {
        self.time = time
        self.id = id
        self.client = client
        method = request?.method
        version = request?.version
        authority = request?.authorityBytes ?? ByteBuffer()
        path = request?.pathBytes ?? ByteBuffer()
        self.route = route
        self.stage = stage
        self.upstream = upstream
        self.shadow = shadow
        self.outcome = outcome
        self.reason = reason
        self.timing = timing
    }
}
