public import GatewayKit
public import HTTPTypes
internal import Logging
public import NIOCore
public import NIOEmbedded

extension RequestHead {
    /// A request as a connection would have parsed it. `target` is a path with or without a query.
    ///
    /// - Precondition: `target` is a valid request target and the names of `fields` are tokens.
    public static func example(
        _ method: HTTPRequest.Method = .get,
        _ target: String = "/",
        host: String = "localhost",
        fields: [(String, String)] = [],
        body: Body = .none
    ) -> RequestHead {
        let path = target.prefix { $0 != "?" }
        guard let normalised = RequestPath.normalised(ByteBuffer(substring: path)) else {
            preconditionFailure("'\(target)' is not a valid target")
        }
        var wire = ByteBuffer()
        var lines = [Fields.Line]()
        for (name, value) in [("Host", host)] + fields {
            let start = wire.writerIndex
            wire.writeString(name)
            let nameEnd = wire.writerIndex
            wire.writeString(": ")
            let valueStart = wire.writerIndex
            wire.writeString(value)
            let valueEnd = wire.writerIndex
            wire.writeString("\r\n")
            let known = wire.withVeryUnsafeBytes {
                KnownField(name: UnsafeRawBufferPointer(rebasing: $0[start..<nameEnd]))
            }
            lines.append(.init(name: start..<nameEnd, value: valueStart..<valueEnd, known: known))
        }
        return RequestHead(
            method: method,
            version: .http1_1,
            authorityBytes: ByteBuffer(string: host),
            pathBytes: normalised,
            queryBytes: ByteBuffer(substring: target.dropFirst(path.count)),
            fields: Fields(wire: wire, lines: lines),
            body: body
        )
    }
}

extension Exchange {
    /// An exchange for a test of a stage.
    public static func example(
        _ request: RequestHead = .example(),
        client: Client = Client(address: IPAddress("192.0.2.1")),
        route: Route = Route(name: "example", stages: []),
        eventLoop: any EventLoop = EmbeddedEventLoop()
    ) -> Exchange {
        Exchange(
            id: ExchangeID(1),
            request: request,
            client: client,
            route: route,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            eventLoop: eventLoop
        )
    }
}

extension Eventually {
    /// The value, when it is here without waiting; `nil` when it is still to come.
    public var immediate: Value? {
        guard case .now(let value) = self else { return nil }
        return value
    }
}
