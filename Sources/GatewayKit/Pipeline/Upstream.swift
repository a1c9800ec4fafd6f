internal import Synchronization

/// A service behind the gateway. One value per name in a plan; its connections are pooled per event loop.
public final class Upstream: Sendable {
    /// What is spoken to it.
    public enum Transport: Sendable, Hashable {
        case http1
        /// HTTP/2 at once: without TLS this is h2c with prior knowledge (RFC 9113 §3.3).
        case http2
        /// HTTP/2 where the upstream has it, otherwise HTTP/1.1: agreed on in the TLS handshake (RFC 7301).
        case negotiated
    }

    /// Where one of the servers that make up the upstream listens.
    public struct Endpoint: Sendable, Hashable {
        /// A name or an address; `localhost` where `socketPath` is used instead.
        public let host: String
        public let port: Int
        /// The path of a Unix socket.
        public let socketPath: String?

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
            socketPath = nil
        }

        public init(socketPath: String) {
            host = "localhost"
            port = 0
            self.socketPath = socketPath
        }

        /// True when a resolver says where it is, which may change.
        public var isNamed: Bool { socketPath == nil && IPAddress(host) == nil }

        /// `host:port`, as a log line has it; `unix:` and the path.
        public var address: String {
            if let socketPath { return "unix:\(socketPath)" }
            return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }

        /// What a `Host` field names.
        package var authority: String { socketPath == nil ? address : host }
    }

    /// Which endpoint gets the next request.
    public enum Balance: String, Sendable, Hashable, CaseIterable {
        /// One after the other.
        case roundRobin = "round-robin"
        /// The one with the fewest requests of this event loop.
        case leastRequests = "least-requests"
    }

    public struct Timeouts: Sendable, Hashable {
        /// To establish a connection.
        public var connect: Duration
        /// From the request's last byte to the response's head.
        public var response: Duration
        /// Silence in the middle of a request or a response.
        public var idle: Duration
        /// For the whole exchange, from the moment that it is forwarded, retries included; `nil`: as long as it takes.
        public var total: Duration?

        public init(
            connect: Duration = .seconds(5),
            response: Duration = .seconds(60),
            idle: Duration = .seconds(60),
            total: Duration? = nil
        ) {
            self.connect = connect
            self.response = response
            self.idle = idle
            self.total = total
        }
    }

    /// How connections are kept and spread. What is counted is counted per event loop.
    public struct Pooling: Sendable, Hashable {
        public var balance = Balance.roundRobin
        /// Connections to each endpoint at the most; further requests wait in line.
        public var connectionLimit = 512
        /// Requests that are open at the same time on one HTTP/2 connection; the upstream itself may allow fewer.
        public var streamLimit = 100
        /// Requests that may wait in line; more are refused at once.
        public var waitingLimit = 1_024
        /// A connection that nobody used for so long is closed.
        public var idleTime = Duration.seconds(60)
        /// A connection that is older takes no more requests; `nil`: no limit, for names as for addresses, since addresses
        /// that a name no longer has are left anyway.
        public var connectionAge: Duration?
        /// How often names are looked up again. Addresses that join are used at once; connections to those that are gone
        /// end with the requests that they carry. Where the resolver fails, the last addresses stay.
        public var resolveInterval = Duration.seconds(30)
        /// An endpoint that failed so many times in a row is left out for a while; an address of a name that cannot be
        /// connected to, at once.
        public var failureLimit = 3

        public init() {}
    }

    /// A request that is sent to each endpoint from time to time, of a name to each of its addresses, to know which can be
    /// used.
    public struct HealthCheck: Sendable, Hashable {
        public var path: String
        public var interval: Duration
        public var timeout: Duration
        /// Answers in a row (2xx or 3xx) after which an endpoint that was left out is used again.
        public var healthyCount: Int
        /// Failures in a row after which an endpoint is left out.
        public var unhealthyCount: Int

        public init(
            path: String,
            interval: Duration = .seconds(5),
            timeout: Duration = .seconds(1),
            healthyCount: Int = 2,
            unhealthyCount: Int = 2
        ) {
            self.path = path
            self.interval = interval
            self.timeout = timeout
            self.healthyCount = healthyCount
            self.unhealthyCount = unhealthyCount
        }
    }

    public let name: String
    /// At least one.
    public let endpoints: [Endpoint]
    public let transport: Transport
    /// `nil`: cleartext.
    public let tls: UpstreamTLS?
    public let timeouts: Timeouts
    public let pooling: Pooling
    /// `nil`: an endpoint is judged by what requests of clients meet.
    public let healthCheck: HealthCheck?
    /// One for each endpoint.
    package let checkedStates: [CheckedState]
    /// True while one of the event loops checks the endpoints, for all of them.
    private let isChecked = Atomic(false)
    /// Of the first endpoint.
    public let host: String
    public let port: Int

    /// - Precondition: there is an endpoint.
    public init(
        name: String,
        endpoints: [Endpoint],
        transport: Transport = .http1,
        tls: UpstreamTLS? = nil,
        timeouts: Timeouts = Timeouts(),
        pooling: Pooling = Pooling(),
        healthCheck: HealthCheck? = nil
    ) {
        precondition(!endpoints.isEmpty, "an upstream has an endpoint")
        self.name = name
        self.endpoints = endpoints
        self.transport = transport
        self.tls = tls
        self.timeouts = timeouts
        self.healthCheck = healthCheck
        checkedStates = endpoints.map { _ in CheckedState() }
        host = endpoints[0].host
        port = endpoints[0].port
        self.pooling = pooling
    }

    /// With one endpoint.
    public convenience init(
        name: String,
        host: String,
        port: Int,
        transport: Transport = .http1,
        tls: UpstreamTLS? = nil,
        timeouts: Timeouts = Timeouts(),
        connectionLimit: Int = 512,
        streamLimit: Int = 100
    ) {
        var pooling = Pooling()
        pooling.connectionLimit = connectionLimit
        pooling.streamLimit = streamLimit
        self.init(
            name: name,
            endpoints: [Endpoint(host: host, port: port)],
            transport: transport,
            tls: tls,
            timeouts: timeouts,
            pooling: pooling
        )
    }

    public var connectionLimit: Int { pooling.connectionLimit }
    public var streamLimit: Int { pooling.streamLimit }

    /// True when a policy says the same of both.
    package func isAlike(_ other: Upstream) -> Bool {
        name == other.name && endpoints == other.endpoints && transport == other.transport && tls == other.tls
            && timeouts == other.timeouts && pooling == other.pooling && healthCheck == other.healthCheck
    }

    /// How often its names are looked up; `nil` where all endpoints are addresses.
    package var resolveInterval: Duration? {
        endpoints.contains(where: \.isNamed) ? pooling.resolveInterval : nil
    }

    /// What a `Host` field names where the client named nothing: the first endpoint's host and port.
    public var authority: String { endpoints[0].authority }

    /// False while the checks of every endpoint fail. Says nothing where there are no checks.
    public var isAvailable: Bool { checkedStates.contains(where: \.isAnyHealthy) }

    // MARK: Who checks

    /// - Returns: true for exactly one caller, until it gives the task back.
    package func claimChecks() -> Bool {
        isChecked.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    /// Nobody knows any more: every endpoint counts as healthy.
    package func yieldChecks() {
        for state in checkedStates {
            state.forget()
        }
        isChecked.store(false, ordering: .releasing)
    }
}
