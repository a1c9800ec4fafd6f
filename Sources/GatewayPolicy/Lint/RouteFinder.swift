internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Asks the routes themselves where a request would go: what is told is what happens.
struct RouteFinder {
    private let table: RouteTable
    private let sold: [SoldRoute?]

    init(_ routes: [RouteDraft]) {
        let heads = routes.filter { $0.isMatchRead && $0.match.call == nil }
        table = RouteTable(heads.map(\.match))
        sold = heads.map(SoldRoute.init)
    }

    var all: [SoldRoute] { sold.compactMap(\.self) }

    /// `nil` where the request goes nowhere, to a route that answers itself, or to none because a condition fails.
    func route(_ method: HTTPRequest.Method, _ host: String, _ path: String) -> SoldRoute? {
        let head = RequestHead(
            method: method,
            version: .http1_1,
            authorityBytes: ByteBuffer(string: host),
            pathBytes: ByteBuffer(string: path),
            queryBytes: ByteBuffer(),
            fields: Fields(),
            body: .none
        )
        guard let index = table.route(for: head, as: method), index != Endpoints.undecided else { return nil }
        return sold[index]
    }
}
