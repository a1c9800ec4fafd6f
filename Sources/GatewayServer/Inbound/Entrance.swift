internal import GatewayKit
internal import NIOCore
internal import NIOSSL

/// What every connection of one listener needs to be served on one event loop, and those that are open. Belongs to that
/// loop.
final class Entrance {
    let worker: Worker
    let settings: ListenerSettings
    let routing: CurrentRouting
    /// `nil`: cleartext.
    let tls: NIOSSLContext?
    let census: ConnectionCensus
    /// When what still runs is ended; `nil` while it takes connections.
    private var expiry: NIODeadline?
    private var connections: [ObjectIdentifier: any ClientConnection] = [:]

    init(
        worker: Worker,
        settings: ListenerSettings,
        routing: any Routing,
        tls: NIOSSLContext?,
        census: ConnectionCensus
    ) {
        self.worker = worker
        self.settings = settings
        self.routing = CurrentRouting(routing, eventLoop: worker.eventLoop)
        self.tls = tls
        self.census = census
    }

    var scheme: String { tls == nil ? "http" : "https" }

    /// Puts the first handler of a connection in place. Called in its initializer.
    func open(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(ConnectionOpening(self))
    }

    /// Whether the peer may tell who the client is: by a PROXY header, or in `X-Forwarded-For`.
    func trusts(_ peer: IPAddress?) -> Bool {
        guard let peer else { return settings.trustsUnixPeers }
        return settings.trustedProxies.contains { $0.contains(peer) }
    }

    func peer(_ address: IPAddress?, isTrusted: Bool) -> Peer {
        Peer(address: address, isTrusted: isTrusted, trustedProxies: settings.trustedProxies)
    }

    // MARK: Connections

    var isClosed: Bool { expiry != nil }
    var isEmpty: Bool { connections.isEmpty }

    /// What serves the channel now.
    func add(_ connection: any ClientConnection, of channel: any Channel) {
        connections[ObjectIdentifier(channel)] = connection
        if isClosed { connection.drain() }
    }

    func remove(_ channel: any Channel) {
        connections[ObjectIdentifier(channel)] = nil
    }

    /// Takes no more connections; those that are open end with their exchanges, or at the expiry.
    func close(expiry: NIODeadline) {
        guard self.expiry == nil else { return }
        self.expiry = expiry
        drain(now: worker.now)
    }

    /// Called several times a second once it is closed: connections that were busy before may be idle now.
    func drain(now: NIODeadline) {
        guard let expiry else { return }
        for connection in Array(connections.values) {
            if now < expiry {
                connection.drain()
            } else {
                connection.expire()
            }
        }
    }
}
