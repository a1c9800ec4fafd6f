internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Writes the head of a request for an HTTP/1.1 upstream: what the client sent, less what is not passed on, with what
/// the stages changed and where it came from.
enum RequestWriter {
    static func write(
        _ request: RequestHead,
        edits: RequestEdits,
        upstream: Upstream,
        client: ForwardedClient,
        passesExpectation: Bool,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeString(request.method.rawValue)
        buffer.writeInteger(UInt8(ascii: " "))
        if let target = edits.target {
            buffer.writeString(target)
        } else {
            buffer.writeImmutableBuffer(request.pathBytes)
            buffer.writeImmutableBuffer(request.queryBytes)
        }
        buffer.writeStaticString(" HTTP/1.1\r\nhost: ")
        if let host = edits.host {
            buffer.writeString(host)
        } else if request.authorityBytes.readableBytes > 0 {
            buffer.writeImmutableBuffer(request.authorityBytes)
        } else {
            buffer.writeString(upstream.authority)
        }
        buffer.writeStaticString("\r\n")

        let fields = request.fields
        let hopByHop = HopByHop(of: fields)
        for index in fields.lines.indices where !edits.isRemoved(line: index) {
            switch fields.lines[index].known {
            case .host, .contentLength: continue
            case .expect where !passesExpectation: continue
            case .forwarded, .xForwardedFor, .xForwardedHost, .xForwardedProto, .xRealIP:
                if !client.isBehindTrustedProxy { continue }
                // Continued below with this hop's part.
                if fields.lines[index].known == .forwarded || fields.lines[index].known == .xForwardedFor { continue }
            case .other where !client.isBehindTrustedProxy && ForwardedClient.isClaimed(by: index, of: fields): continue
            default: break
            }
            if hopByHop.covers(index, of: fields) { continue }
            fields.write(at: index, into: &buffer)
        }
        if acceptsTrailers(fields) {
            buffer.writeStaticString("te: trailers\r\nconnection: te\r\n")
        }
        switch request.body {
        case .none:
            if let index = fields.firstIndex(of: .contentLength) {
                fields.write(at: index, into: &buffer)
            }
        case .length(let length):
            buffer.writeStaticString("content-length: ")
            buffer.writeString(String(length))
            buffer.writeStaticString("\r\n")
        case .unknownLength:
            buffer.writeStaticString("transfer-encoding: chunked\r\n")
        }
        client.write(for: request, into: &buffer)
        for (name, value) in edits.added {
            buffer.writeField(name, value)
        }
        buffer.writeStaticString("\r\n")
    }

    private static func acceptsTrailers(_ fields: Fields) -> Bool {
        guard let index = fields.firstIndex(of: .te) else { return false }
        return fields.value(at: index).lowercased().split(separator: ",").contains { $0.trimmingSpaces == "trailers" }
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
