internal import GatewayKit
internal import NIOCore

/// Where the connections of an open socket come in on one event loop: through one entrance, until another takes its
/// place. Belongs to that loop.
final class Doorway {
    private var entrance: Entrance

    init(_ entrance: Entrance) {
        self.entrance = entrance
    }

    var worker: Worker { entrance.worker }

    func open(_ channel: any Channel) throws {
        try entrance.open(channel)
    }

    /// For every request from now on.
    func replaceRouting(with routing: any Routing) {
        entrance.routing.replace(with: routing)
    }

    /// For every connection from now on; those that are open end with their exchanges.
    func replace(with entrance: Entrance, routing: any Routing, within limit: Duration) {
        replaceRouting(with: routing)
        close(within: limit)
        self.entrance = entrance
    }

    func close(within limit: Duration) {
        worker.close(entrance, within: limit)
    }
}
