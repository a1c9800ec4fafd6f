internal import GatewayKit
internal import NIOCore

/// What the access log will want to know of a running exchange, and nobody else does. Kept only where there is one.
struct ExchangeTrace {
    /// When the request's head was there.
    let start = NIODeadline.now()
    var upstream: Upstream?
    /// Why the gateway ended it, where its outcome does not tell.
    var reason: String?
    private(set) var connected: NIODeadline?
    private(set) var firstByte: NIODeadline?

    mutating func noteConnected() {
        connected = .now()
    }

    mutating func noteFirstByte() {
        firstByte = .now()
    }

    /// - Parameter end: of the exchange.
    func timing(until end: NIODeadline) -> AccessLogEntry.Timing {
        AccessLogEntry.Timing(
            total: Duration(end - start),
            connected: connected.map { Duration($0 - start) },
            firstByte: firstByte.map { Duration($0 - start) }
        )
    }
}
