internal import GatewayKit
internal import NIOCore

/// A listener whose socket is open.
struct OpenListener: Sendable {
    let channel: any Channel
    /// One for each event loop.
    let doorways: [NIOLoopBound<Doorway>]
    let settings: ListenerSettings
    /// `nil`: cleartext.
    let identities: ServerIdentityStore?

    /// The same socket with other settings or routes.
    ///
    /// - Parameters:
    ///   - limit: how long exchanges of connections that were made under other settings may go on.
    func serving(
        _ listener: GatewayServer.Listener,
        identities: ServerIdentityStore?,
        within limit: Duration
    ) async throws -> OpenListener {
        let isUnchanged = listener.settings == settings && identities === self.identities
        let census = ConnectionCensus(listener.settings)
        let tls = identities?.context
        for doorway in doorways {
            try await doorway.onLoop { doorway in
                guard !isUnchanged else { return doorway.replaceRouting(with: listener.routing) }
                let entrance = Entrance(
                    worker: doorway.worker,
                    settings: listener.settings,
                    routing: listener.routing,
                    tls: tls,
                    census: census
                )
                doorway.replace(with: entrance, routing: listener.routing, within: limit)
            }
        }
        return OpenListener(
            channel: channel,
            doorways: doorways,
            settings: listener.settings,
            identities: identities
        )
    }

    /// Takes no more connections; exchanges may go on for so long.
    func close(within limit: Duration) async {
        try? await channel.close()
        for doorway in doorways {
            try? await doorway.onLoop { $0.close(within: limit) }
        }
    }
}

extension NIOLoopBound {
    /// - Throws: when the event loop is shut down.
    func onLoop<Result: Sendable>(_ body: @escaping @Sendable (Value) -> Result) async throws -> Result {
        try await eventLoop.submit { body(self.value) }.get()
    }
}
