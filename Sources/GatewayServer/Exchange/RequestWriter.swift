internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Writes the head of a request for an upstream: what the client sent, less what is not passed on, with what the stages
/// changed and where it came from.
struct RequestWriter {
    let request: RequestHead
    let edits: RequestEdits
    let upstream: Upstream
    let client: ForwardedClient
    let passesExpectation: Bool
    /// For a WebSocket whose client has none, since it speaks HTTP/2.
    var webSocketKey: String?

    /// As HTTP/1.1.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeString(request.method.rawValue)
        buffer.writeInteger(UInt8(ascii: " "))
        writeTarget(into: &buffer)
        buffer.writeStaticString(" HTTP/1.1\r\nhost: ")
        writeAuthority(into: &buffer)
        buffer.writeStaticString("\r\n")
        var lines = HTTP1Lines(buffer: buffer)
        buffer = ByteBuffer()
        writeFields(to: &lines)
        buffer = lines.buffer
        if request.opensWebSocket {
            buffer.writeStaticString("connection: upgrade\r\nupgrade: websocket\r\n")
            if let webSocketKey {
                buffer.writeStaticString("sec-websocket-key: ")
                buffer.writeString(webSocketKey)
                buffer.writeStaticString("\r\n")
            }
        } else if acceptsTrailers {
            buffer.writeStaticString("te: trailers\r\nconnection: te\r\n")
        }
        if edits.body(of: request) == .unknownLength {
            buffer.writeStaticString("transfer-encoding: chunked\r\n")
        }
        buffer.writeStaticString("\r\n")
    }

    /// As the header block of HTTP/2 (RFC 9113 §8.3.1).
    func writeBlock(into block: inout ByteBuffer) {
        var value = ByteBuffer()
        value.writeString(request.opensWebSocket ? "CONNECT" : request.method.rawValue)
        HPACKWriter.write(.method, value, into: &block)
        value.clear()
        value.writeStaticString(upstream.tls == nil ? "http" : "https")
        HPACKWriter.write(.scheme, value, into: &block)
        value.clear()
        writeAuthority(into: &value)
        HPACKWriter.write(.authority, value, into: &block)
        value.clear()
        writeTarget(into: &value)
        HPACKWriter.write(.path, value, into: &block)
        if request.opensWebSocket {
            value.clear()
            value.writeStaticString("websocket")
            HPACKWriter.write(.protocol, value, into: &block)
        }
        var lines = HTTP2Lines(block: block, isWebSocket: request.opensWebSocket)
        block = ByteBuffer()
        writeFields(to: &lines)
        block = lines.block
        if acceptsTrailers {
            HPACKWriter.write(FieldName(.te), "trailers", into: &block)
        }
    }

    private func writeTarget(into buffer: inout ByteBuffer) {
        if let target = edits.target {
            buffer.writeString(target)
        } else {
            buffer.writeImmutableBuffer(request.pathBytes)
            buffer.writeImmutableBuffer(request.queryBytes)
        }
    }

    private func writeAuthority(into buffer: inout ByteBuffer) {
        if let host = edits.host {
            buffer.writeString(host)
        } else if request.authorityBytes.readableBytes > 0 {
            buffer.writeImmutableBuffer(request.authorityBytes)
        } else {
            buffer.writeString(upstream.authority)
        }
    }

    private func writeFields(to lines: inout some HeadLines) {
        let fields = request.fields
        let hopByHop = HopByHop(of: fields)
        var cookies: ByteBuffer?
        for index in fields.lines.indices where !edits.isRemoved(line: index) {
            let known = fields.lines[index].known
            switch known {
            case .host, .contentLength: continue
            case .expect where !passesExpectation: continue
            case .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP:
                if !client.isBehindTrustedProxy { continue }
                // Continued below with this hop's part.
                if known == .forwarded || known == .xForwardedFor { continue }
            case .other where !client.isBehindTrustedProxy && ForwardedClient.isClaimed(by: index, of: fields): continue
            case .cookie where request.version == .http2:
                // In HTTP/2 a cookie may come in pieces; elsewhere there is one field (RFC 9113 §8.2.3).
                var joined = cookies ?? ByteBuffer()
                if cookies != nil { joined.writeStaticString("; ") }
                fields.withValue(at: index) { _ = joined.writeBytes($0) }
                cookies = joined
                continue
            default: break
            }
            if hopByHop.covers(index, of: fields) || lines.omits(known) { continue }
            lines.write(index, of: fields)
        }
        if let cookies {
            lines.write(.cookie) { $0.writeImmutableBuffer(cookies) }
        }
        switch edits.body(of: request) {
        case .none:
            if let index = fields.firstIndex(of: .contentLength) {
                lines.write(index, of: fields)
            }
        case .length(let length): lines.write(.contentLength) { $0.writeDecimal(length) }
        case .unknownLength: break
        }
        client.write(for: request, to: &lines)
        for (name, value) in edits.added {
            lines.write(name, value)
        }
    }

    private var acceptsTrailers: Bool { request.fields.lists("trailers", in: .te) }
}

extension RequestEdits {
    /// What the framing says about the body that is forwarded.
    func body(of request: RequestHead) -> RequestHead.Body {
        body.map { .length(UInt64($0.readableBytes)) } ?? request.body
    }
}

extension ByteBuffer {
    /// `name: value` and the line end; line ends inside the value become spaces.
    mutating func writeField(_ name: FieldName, _ value: String) {
        writeString(name.text)
        writeStaticString(": ")
        for byte in value.utf8 {
            writeInteger(byte == 0 || byte == 0x0A || byte == 0x0D ? 0x20 : byte)
        }
        writeStaticString("\r\n")
    }
}
