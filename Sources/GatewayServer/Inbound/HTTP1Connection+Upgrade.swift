internal import GatewayKit
internal import NIOCore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// The upgrade of a cleartext connection to HTTP/2 by `Upgrade: h2c` (RFC 7540 §3.2). RFC 9113 has dropped it; clients
// that know nothing else still ask.
extension HTTP1Connection {
    /// - Returns: false when the request stays one of HTTP/1.1: it has a body, its settings cannot be read, or the
    ///   connection is encrypted.
    func upgradeToHTTP2(_ request: RequestHead) -> Bool {
        guard let context, request.scheme == "http", request.version == .http1_1, request.body == .none,
            !request.opensWebSocket, !isDraining, let settings = Self.settings(of: request)
        else { return false }
        let connection = HTTP2ServerConnection(
            worker: worker,
            settings: entrance.settings,
            routing: entrance.routing,
            peer: peer,
            scheme: request.scheme
        )
        guard connection.accepts(settings) else { return false }
        phase = .upgraded
        worker.remove(self)
        flushDue()
        let answer = ByteBuffer(
            string: "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
        )
        context.write(wrapOutboundOut(answer), promise: nil)
        do {
            try context.pipeline.syncOperations.addHandler(connection, position: .after(self))
        } catch {
            context.close(promise: nil)
            return true
        }
        connection.adopt(request)
        if parser.buffer.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(parser.buffer))
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        return true
    }

    /// The payload of a SETTINGS frame in base64url, in the only `HTTP2-Settings` field (RFC 7540 §3.2.1).
    private static func settings(of request: RequestHead) -> ByteBuffer? {
        let values = request.fields.values(of: FieldName(.http2Settings))
        guard values.count == 1, values[0].utf8.count <= 1_024 else { return nil }
        var text = String(values[0].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        while !text.utf8.count.isMultiple(of: 4) { text += "=" }
        guard let data = Data(base64Encoded: text), data.count.isMultiple(of: 6) else { return nil }
        return ByteBuffer(bytes: data)
    }
}
