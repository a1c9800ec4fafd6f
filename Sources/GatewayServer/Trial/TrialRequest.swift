package import GatewayKit
package import HTTPTypes
package import NIOCore

/// A request that comes over no connection, as a client would write it.
package struct TrialRequest: Sendable {
    package var method: HTTPRequest.Method
    /// `http` or `https`: how the listener was reached.
    package var scheme: String
    package var authority: String
    /// Path and query, as they are written.
    package var target: String
    package var fields: [(name: String, value: String)]
    package var body: ByteBuffer?
    /// `nil`: a Unix socket.
    package var peer: IPAddress?
    /// The request may have a body, which is not here: a stage that asks for it fails with 413, and nobody takes it for empty.
    package var withholdsBody = false

    package init(
        method: HTTPRequest.Method = .get,
        scheme: String = "http",
        authority: String,
        target: String,
        fields: [(name: String, value: String)] = [],
        body: ByteBuffer? = nil,
        peer: IPAddress? = IPAddress("127.0.0.1")
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.target = target
        self.fields = fields
        self.body = body
        self.peer = peer
    }

    /// The bytes that a connection would have brought. A line end that stands inside a part stays there, and makes of the
    /// message what it would make on a connection.
    var wire: ByteBuffer {
        var wire = ByteBuffer()
        wire.writeString("\(method.rawValue) \(target) HTTP/1.1\r\nHost: \(authority)\r\n")
        for (name, value) in fields {
            wire.writeString("\(name): \(value)\r\n")
        }
        let framing = ["content-length", "transfer-encoding"]
        if let body, !fields.contains(where: { framing.contains($0.name.lowercased()) }) {
            wire.writeString("Content-Length: \(body.readableBytes)\r\n")
        } else if withholdsBody, !fields.contains(where: { framing.contains($0.name.lowercased()) }) {
            wire.writeString("Transfer-Encoding: chunked\r\n")
        }
        wire.writeString("\r\n")
        if let body { wire.writeImmutableBuffer(body) }
        return wire
    }
}
