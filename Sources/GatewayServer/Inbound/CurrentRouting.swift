internal import GatewayKit
internal import NIOCore

/// The routes of a listener as connections of one event loop see them: requests that come after a replacement go by the
/// new ones, on connections that were open before also. Takes no lock: it is used, and replaced, on that loop only.
final class CurrentRouting: Routing {
    private let current: NIOLoopBoundBox<any Routing>

    init(_ routing: any Routing, eventLoop: any EventLoop) {
        current = NIOLoopBoundBox(routing, eventLoop: eventLoop)
    }

    func route(for request: RequestHead) -> Route? {
        current.value.route(for: request)
    }

    func replace(with routing: any Routing) {
        current.value = routing
    }
}
