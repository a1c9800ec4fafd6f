internal import GRPCCore
internal import GatewayKit
internal import Lightning
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import SwiftProtobuf

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The REST interface of a fake lnd, as gRPC-Gateway makes it: the same answers as JSON, over plain HTTP on loopback.
package final class FakeLndREST: Sendable {
    private let listener: any Channel

    private init(_ listener: any Channel) {
        self.listener = listener
    }

    package static func start(of lnd: FakeLnd) async throws -> FakeLndREST {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(FakeLndRESTHandler(lnd))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return FakeLndREST(listener)
    }

    package var url: String { "http://127.0.0.1:\(listener.localAddress?.port ?? 0)" }

    package func stop() async {
        try? await listener.close().get()
    }
}

/// Reads a request and has it answered in a task.
private final class FakeLndRESTHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let lnd: FakeLnd
    private var request: FakeLndRESTCall?

    init(_ lnd: FakeLnd) {
        self.lnd = lnd
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = FakeLndRESTCall(
                method: head.method.rawValue,
                target: head.uri,
                macaroon: head.headers.first(name: "Grpc-Metadata-macaroon") ?? ""
            )
        case .body(let part): request?.body += Array(part.readableBytesView)
        case .end:
            guard let call = request else { return }
            Task { [lnd, channel = context.channel] in await call.answer(of: lnd, on: channel) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// One call, and how it is answered.
private struct FakeLndRESTCall: Sendable {
    let method: String
    let target: String
    let macaroon: String
    var body: [UInt8] = []

    private var path: String { String(target.prefix { $0 != "?" }) }

    private func number(_ name: String) -> UInt64 {
        let query = target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let pairs = query.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        return pairs.first { $0.count == 2 && $0[0] == name }.flatMap { UInt64($0[1]) } ?? 0
    }

    func answer(of lnd: FakeLnd, on channel: any Channel) async {
        do {
            try await lnd.admit(macaroon: macaroon) { try await channel.closeFuture.get() }
            try await answered(of: lnd, on: channel)
        } catch {
            let told = (error as? any RPCErrorConvertible).map { RPCError($0) }
            let refusal = told ?? RPCError(code: .unknown, message: "\(error)")
            await send(Self.json(refusal), status: Self.status(of: refusal.code), on: channel)
        }
    }

    private func answered(of lnd: FakeLnd, on channel: any Channel) async throws {
        switch (method, path) {
        case ("POST", "/v1/invoices"): await send(try lnd.add(read()), on: channel)
        case ("GET", "/v1/invoices"):
            let page = Lnrpc_ListInvoiceRequest.with {
                $0.indexOffset = number("index_offset")
                $0.numMaxInvoices = number("num_max_invoices")
                $0.reversed = target.contains("reversed=true")
            }
            await send(lnd.page(page), on: channel)
        case ("GET", "/v1/invoices/subscribe"): try await subscribe(lnd, on: channel)
        case ("POST", "/v2/invoices/hodl"): await send(try lnd.hold(read()), on: channel)
        case ("POST", "/v2/invoices/settle"):
            try lnd.settle(read())
            await send("{}", on: channel)
        case ("POST", "/v2/invoices/cancel"):
            try lnd.cancel(read())
            await send("{}", on: channel)
        case ("POST", "/v2/router/send"):
            await send(try Self.line(lnd.send(read())), on: channel)
        case ("GET", _) where path.hasPrefix("/v1/invoice/"):
            await send(try lnd.lookUp(Data(Hex.decoded(path.dropFirst("/v1/invoice/".count)) ?? [])), on: channel)
        case ("GET", _) where path.hasPrefix("/v2/router/track/"):
            let name = path.dropFirst("/v2/router/track/".count).map { character -> Character in
                switch character {
                case "-": "+"
                case "_": "/"
                default: character
                }
            }
            let hash = Data(base64Encoded: String(name)) ?? Data()
            await send(try Self.line(lnd.track(hash)), on: channel)
        default: throw RPCError(code: .notFound, message: "Not Found")
        }
    }

    private func subscribe(_ lnd: FakeLnd, on channel: any Channel) async throws {
        let subscription = Lnrpc_InvoiceSubscription.with {
            $0.addIndex = number("add_index")
            $0.settleIndex = number("settle_index")
        }
        let head = HTTPResponseHead(version: .http1_1, status: .ok)
        try await channel.writeAndFlush(HTTPServerResponsePart.head(head)).get()
        let end = EndOfStream()
        channel.closeFuture.whenComplete { _ in end.come() }
        try await lnd.subscribe(subscription, opened: end.isBy) { invoice in
            let line = ByteBuffer(string: try Self.line(invoice))
            try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(line))).get()
        }
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }

    // MARK: JSON

    private func read<Asked: Message>() throws -> Asked {
        var options = JSONDecodingOptions()
        options.ignoreUnknownFields = true
        return try Asked(jsonUTF8Bytes: body, options: options)
    }

    private static func json(_ message: some Message) throws -> String {
        var options = JSONEncodingOptions()
        options.preserveProtoFieldNames = true
        return try message.jsonString(options: options)
    }

    /// An item of a stream.
    private static func line(_ message: some Message) throws -> String {
        let text = try json(message)
        return "{\"result\":\(text)}\n"
    }

    private static func json(_ error: RPCError) -> String {
        "{\"code\":\(error.code.rawValue),\"message\":\(JSONText.quoted(error.message)),\"details\":[]}"
    }

    /// gRPC-Gateway's own mapping of statuses.
    private static func status(of code: RPCError.Code) -> HTTPResponseStatus {
        switch code {
        case .invalidArgument: .badRequest
        case .notFound: .notFound
        case .alreadyExists: .conflict
        case .unavailable: .serviceUnavailable
        default: .internalServerError
        }
    }

    // MARK: HTTP

    private func send(_ message: some Message, on channel: any Channel) async {
        await send((try? Self.json(message)) ?? "", on: channel)
    }

    /// Whoever has left is told nothing.
    private func send(_ text: String, status: HTTPResponseStatus = .ok, on channel: any Channel) async {
        let body = ByteBuffer(string: text)
        let head = HTTPResponseHead(
            version: .http1_1,
            status: status,
            headers: ["Content-Type": "application/json", "Content-Length": "\(body.readableBytes)"]
        )
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        try? await channel.writeAndFlush(HTTPServerResponsePart.end(nil)).get()
    }
}
