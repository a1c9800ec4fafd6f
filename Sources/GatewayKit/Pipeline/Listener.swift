/// Where and how the gateway listens.
public struct ListenerSettings: Sendable, Hashable {
    /// An address or a name that resolves to one of this machine.
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// The path of a Unix socket to listen on, instead of `host` and `port`. Made new when the gateway starts.
    public var socketPath: String?
    /// `nil`: cleartext.
    public var tls: ServerTLS?
    /// Peers whose `X-Forwarded-For` is believed, and continued instead of replaced.
    public var trustedProxies: [Network]
    /// The same for whoever connects to the Unix socket.
    public var trustsUnixPeers = false
    /// Connections of trusted peers begin with a PROXY header, version 1 or 2, that names the client.
    public var acceptsProxyProtocol = false
    /// Connections that are open at the same time where neither the policy nor the system names a number.
    public static let usualConnections = 65_536
    /// Connections that are open at the same time; further ones are closed at once. `nil`: as many as usual, and no more
    /// than the process may have files open.
    public var maxConnections: Int?
    /// The same for one client address, of IPv6 for one /64. Trusted proxies are not counted.
    public var maxConnectionsPerAddress = 1_024
    public var limits: MessageLimits
    /// Tells what is sold: `/openapi.json` and the like.
    public var offersDiscovery = true

    public init(
        host: String,
        port: Int,
        tls: ServerTLS? = nil,
        trustedProxies: [Network] = [],
        limits: MessageLimits = MessageLimits()
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.trustedProxies = trustedProxies
        self.limits = limits
    }

    /// A listener on a Unix socket.
    public init(socketPath: String) {
        self.init(host: "", port: 0)
        self.socketPath = socketPath
    }

    /// Reads `127.0.0.1:8402`, `[::1]:8402` or `localhost:8402`; `nil` for anything else.
    /// `unix:/run/sluice.sock` is a Unix socket.
    public init?(parsing text: some StringProtocol) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            // `sockaddr_un` has room for 107 bytes and a NUL.
            guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else { return nil }
            self.init(socketPath: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            text[colon...].utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard let address = IPAddress(host), !address.isV4 else { return nil }
        } else {
            guard !host.isEmpty, host.utf8.allSatisfy({ ASCII.isTokenByte($0) }) else { return nil }
        }
        self.init(host: host, port: Int(port))
    }

    /// `127.0.0.1:8402`, or `unix:` and the path.
    public var address: String {
        if let socketPath { return "unix:\(socketPath)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// What a message may measure before it is refused.
public struct MessageLimits: Sendable, Hashable {
    /// The request line and all header fields together; more is 431.
    public var head: ByteCount
    /// Header fields in a head, 1...128; more is 431.
    public var fields: Int
    /// The request line alone; more is 414.
    public var target: ByteCount
    /// How long a client may take to send a head; longer is 408.
    public var headTimeout: Duration
    /// Silence from the client in the middle of a message, and between two requests.
    public var idleTimeout: Duration
    /// How fast a request body must come on average, once it was awaited for `bodyGrace`; slower is 408. Zero: at any
    /// pace. gRPC and WebSockets are free to be slow.
    public var minBodyRate: ByteRate
    public var bodyGrace: Duration
    /// Requests that an HTTP/2 connection may have open at the same time.
    public var streams: Int

    public init(
        head: ByteCount = .kibibytes(32),
        fields: Int = 100,
        target: ByteCount = .kibibytes(8),
        headTimeout: Duration = .seconds(15),
        idleTimeout: Duration = .seconds(75),
        minBodyRate: ByteRate = ByteRate(perSecond: ByteCount(512)),
        bodyGrace: Duration = .seconds(30),
        streams: Int = 128
    ) {
        self.head = head
        self.fields = fields
        self.target = target
        self.headTimeout = headTimeout
        self.idleTimeout = idleTimeout
        self.minBodyRate = minBodyRate
        self.bodyGrace = bodyGrace
        self.streams = streams
    }
}

/// Something that a plugin serves itself, on a listener of its own: the development node's interface.
public struct LocalService: Sendable {
    public let listener: ListenerSettings
    public let route: Route

    public init(listener: ListenerSettings, route: Route) {
        self.listener = listener
        self.route = route
    }
}
