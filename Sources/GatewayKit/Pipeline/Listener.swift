/// Where and how the gateway listens.
public struct ListenerSettings: Sendable, Hashable {
    /// An address or a name that resolves to one of this machine.
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// Peers whose `X-Forwarded-For` is believed, and continued instead of replaced.
    public var trustedProxies: [Network]
    public var limits: MessageLimits

    public init(
        host: String,
        port: Int,
        trustedProxies: [Network] = [],
        limits: MessageLimits = MessageLimits()
    ) {
        self.host = host
        self.port = port
        self.trustedProxies = trustedProxies
        self.limits = limits
    }

    /// Reads `127.0.0.1:8402`, `[::1]:8402` or `localhost:8402`; `nil` for anything else.
    public init?(parsing text: some StringProtocol) {
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

    /// `127.0.0.1:8402`.
    public var address: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
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

    public init(
        head: ByteCount = .kibibytes(32),
        fields: Int = 100,
        target: ByteCount = .kibibytes(8),
        headTimeout: Duration = .seconds(15),
        idleTimeout: Duration = .seconds(75)
    ) {
        self.head = head
        self.fields = fields
        self.target = target
        self.headTimeout = headTimeout
        self.idleTimeout = idleTimeout
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
