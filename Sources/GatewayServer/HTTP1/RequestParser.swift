package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// Reads HTTP/1.1 requests from the bytes of a connection (RFC 9112). Bodies are not read before they are asked for.
package struct RequestParser {
    package enum Head {
        case incomplete
        case request(RequestHead)
        case fault(MessageFault)
    }

    private let scheme: String
    private var reader: HeadReader
    private var body = BodyReader.none
    private let limits: HeadLimits
    /// What has arrived and is not read yet.
    package private(set) var buffer = ByteBuffer()

    package init(scheme: String, limits: MessageLimits) {
        self.scheme = scheme
        self.limits = HeadLimits(limits)
        reader = HeadReader(hasStartLine: true, limits: self.limits)
    }

    package mutating func feed(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            // What was read of it would otherwise stay for as long as something is left over.
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// True while a part of a head is there and the rest is awaited.
    package var isInsideHead: Bool { reader.hasBegun }

    /// What the framing says is still to come of the body; `nil`: unknown.
    var declaredRemainder: UInt64? { body.declaredRemainder }

    /// The next request. Called when the body of the one before has been read to its end.
    package mutating func nextHead() -> Head {
        switch reader.read(&buffer) {
        case .incomplete: return .incomplete
        case .fault(let fault): return .fault(fault)
        case .complete(let wire):
            letGo()
            do throws(MessageFault) {
                return .request(try head(of: wire))
            } catch {
                return .fault(error)
            }
        }
    }

    /// What follows is no HTTP any more: bytes, as long as the connection lasts.
    mutating func becomeTunnel() {
        body = .untilClose
    }

    package mutating func nextBody() -> BodyReader.Progress {
        let progress = body.next(&buffer)
        letGo()
        return progress
    }

    /// What was read from the buffer is its only use then, so that its channel can read into it again.
    private mutating func letGo() {
        if buffer.readableBytes == 0 {
            buffer = ByteBuffer()
        }
    }

    /// Lets go of memory that the next request will be read into anyway; between two requests.
    mutating func shed() {
        reader.shed()
    }

    /// Gives the storage of a request's lines back for the next one.
    mutating func reuse(_ lines: [Fields.Line]) {
        reader.reuse(lines)
    }

    private mutating func head(of wire: ByteBuffer) throws(MessageFault) -> RequestHead {
        guard let startLine = reader.startLine else { throw MessageFault(.badRequest, "the request line is missing") }
        let line = try RequestLine(wire, startLine)
        let fields = Fields(wire: wire, lines: reader.takeLines())
        reader.reset()
        let framing = try MessageFraming(of: fields)
        guard !framing.isChunked || line.version == .http1_1 else {
            throw MessageFault(.badRequest, "HTTP/1.0 has no transfer codings")
        }
        let length: RequestHead.Body
        switch (framing.isChunked, framing.length) {
        case (true, _):
            body = .chunked(ChunkedReader(limits: limits))
            length = .unknownLength
        case (false, let count?) where count > 0:
            body = .length(remaining: count)
            length = .length(count)
        default:
            body = .none
            length = .none
        }
        let target = try RequestTarget(wire, line.target, method: line.method)
        let opensWebSocket =
            line.method == .get && line.version == .http1_1 && length == .none
            && fields.firstIndex(of: .upgrade) != nil && HopByHop(of: fields).upgrades(to: "websocket", fields)
        return RequestHead(
            method: line.method,
            version: line.version,
            scheme: scheme,
            authorityBytes: try target.authority(agreeingWith: fields, version: line.version),
            pathBytes: target.path,
            queryBytes: target.query,
            fields: fields,
            body: length,
            opensWebSocket: opensWebSocket
        )
    }
}
