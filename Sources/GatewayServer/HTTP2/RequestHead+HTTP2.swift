internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

extension RequestHead {
    /// The request that a header block makes (RFC 9113 §8.3.1).
    ///
    /// - Parameter scheme: what the connection itself was reached by; the client's word does not count.
    /// - Throws: `MessageFault` for what is not a request, or not one that is served here.
    init(_ block: inout HeaderBlock, scheme: String, endsStream: Bool) throws(MessageFault) {
        guard let methodRange = block.method, block.status == nil else {
            throw MessageFault(.badRequest, "the request has no method")
        }
        let text = String(buffer: block.slice(methodRange))
        guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(ASCII.isTokenByte),
            let method = HTTPRequest.Method(rawValue: text)
        else { throw MessageFault(.badRequest, "the method is not a token") }
        guard block.scheme != nil, let path = block.path else {
            throw MessageFault(
                method == .connect ? .notImplemented : .badRequest,
                method == .connect ? "CONNECT is not supported here" : "the request has no scheme or no path"
            )
        }
        let opensWebSocket = method == .connect && block.protocol != nil
        guard !opensWebSocket || block.slice(block.protocol ?? 0..<0).readableBytesView.elementsEqual("websocket".utf8)
        else { throw MessageFault(.notImplemented, "the only protocol that CONNECT opens here is websocket") }
        guard opensWebSocket || block.protocol == nil else {
            throw MessageFault(.badRequest, "there is a :protocol without CONNECT")
        }
        guard !(opensWebSocket && endsStream) else {
            throw MessageFault(.badRequest, "the stream of a WebSocket ends with its head")
        }
        let wanted = opensWebSocket ? HTTPRequest.Method.get : method
        let target = try RequestTarget(block.bytes, path, method: wanted, isOriginOnly: true)
        let authority = block.authority.map { block.slice($0) }
        let fields = block.takeFields()
        let framing = try MessageFraming(of: fields)
        let body: Body
        if endsStream {
            guard framing.length ?? 0 == 0 else {
                throw MessageFault(.badRequest, "the body is shorter than the Content-Length")
            }
            body = .none
        } else {
            body = framing.length.map { $0 == 0 ? .none : .length($0) } ?? .unknownLength
        }
        self.init(
            method: wanted,
            version: .http2,
            scheme: scheme,
            authorityBytes: try target.authority(given: authority, agreeingWith: fields, version: .http2),
            pathBytes: target.path,
            queryBytes: target.query,
            fields: fields,
            body: opensWebSocket ? .none : body,
            opensWebSocket: opensWebSocket
        )
    }
}
