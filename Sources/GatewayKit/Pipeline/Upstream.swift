/// A service behind the gateway. One value per name in a plan; its connections are pooled per event loop.
public final class Upstream: Sendable {
    public enum Transport: Sendable, Hashable {
        case http1
    }

    public struct Timeouts: Sendable, Hashable {
        /// To establish a connection.
        public var connect: Duration
        /// From the request's last byte to the response's head.
        public var response: Duration
        /// Silence in the middle of a request or a response.
        public var idle: Duration

        public init(
            connect: Duration = .seconds(5),
            response: Duration = .seconds(60),
            idle: Duration = .seconds(60)
        ) {
            self.connect = connect
            self.response = response
            self.idle = idle
        }
    }

    public let name: String
    public let host: String
    public let port: Int
    public let transport: Transport
    public let timeouts: Timeouts
    /// Connections that an event loop keeps to this upstream at the most; further requests wait in line.
    public let connectionLimit: Int

    public init(
        name: String,
        host: String,
        port: Int,
        transport: Transport = .http1,
        timeouts: Timeouts = Timeouts(),
        connectionLimit: Int = 512
    ) {
        self.name = name
        self.host = host
        self.port = port
        self.transport = transport
        self.timeouts = timeouts
        self.connectionLimit = connectionLimit
    }

    /// `host:port`, as a `Host` field and a log line have it.
    public var authority: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
