internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// How the body of a response is framed towards an HTTP/1 client.
enum ResponseFraming: Hashable {
    case none(declared: UInt64?)
    case length(UInt64)
    case chunked
    /// The connection ends with the body: HTTP/1.0, and no length.
    case untilClose
    /// A WebSocket: bytes as they are, after a 101.
    case tunnel

    /// - Parameter version: the client's.
    init(_ body: ResponseBody, for version: RequestHead.Version) {
        switch body {
        case .none(let declared): self = .none(declared: declared)
        case .length(let length): self = .length(length)
        case .unknownLength: self = version == .http1_0 ? .untilClose : .chunked
        case .tunnel: self = .tunnel
        }
    }
}

/// Writes responses to an HTTP/1 client (RFC 9112).
enum ResponseWriter {
    static func write(
        _ head: ResponseHead,
        framing: ResponseFraming,
        closes: Bool,
        keepsAliveHTTP10: Bool,
        date: String,
        into buffer: inout ByteBuffer
    ) {
        writeStatusLine(head.status, into: &buffer)
        let hopByHop = HopByHop(of: head.fields)
        var hasDate = false
        for index in head.fields.lines.indices {
            switch head.fields.lines[index].known {
            case .contentLength: continue
            case .date: hasDate = true
            default: break
            }
            if hopByHop.covers(index, of: head.fields) { continue }
            head.fields.write(at: index, into: &buffer)
        }
        if !hasDate {
            buffer.writeStaticString("date: ")
            buffer.writeString(date)
            buffer.writeStaticString("\r\n")
        }
        switch framing {
        case .none(let declared?):
            buffer.writeStaticString("content-length: ")
            buffer.writeDecimal(declared)
            buffer.writeStaticString("\r\n")
        case .length(let length):
            buffer.writeStaticString("content-length: ")
            buffer.writeDecimal(length)
            buffer.writeStaticString("\r\n")
        case .chunked:
            buffer.writeStaticString("transfer-encoding: chunked\r\n")
        case .none(declared: nil), .untilClose:
            break
        case .tunnel:
            buffer.writeStaticString("connection: upgrade\r\nupgrade: websocket\r\n\r\n")
            return
        }
        if closes {
            buffer.writeStaticString("connection: close\r\n")
        } else if keepsAliveHTTP10 {
            buffer.writeStaticString("connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
    }

    /// A 1xx, which has neither framing nor an end of its own.
    static func writeInformational(_ head: ResponseHead, into buffer: inout ByteBuffer) {
        writeStatusLine(head.status, into: &buffer)
        let hopByHop = HopByHop(of: head.fields)
        for index in head.fields.lines.indices where head.fields.lines[index].known != .contentLength {
            if hopByHop.covers(index, of: head.fields) { continue }
            head.fields.write(at: index, into: &buffer)
        }
        buffer.writeStaticString("\r\n")
    }

    private static func writeStatusLine(_ status: HTTPResponse.Status, into buffer: inout ByteBuffer) {
        if status.code == 200 {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
            return
        }
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status.code))
        buffer.writeInteger(UInt8(ascii: " "))
        buffer.writeString(status.reasonPhrase)
        buffer.writeStaticString("\r\n")
    }
}

/// The chunked coding, put on (RFC 9112 §7.1).
enum ChunkedWriter {
    static func writeSize(of part: ByteBuffer, into buffer: inout ByteBuffer) {
        buffer.writeString(String(part.readableBytes, radix: 16))
        buffer.writeStaticString("\r\n")
    }

    /// The last chunk and the trailer section, without the fields that may not stand there.
    static func writeEnd(trailers: Fields, into buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n")
        for index in trailers.lines.indices where !HopByHop.isForbiddenInTrailers(index, of: trailers) {
            trailers.write(at: index, into: &buffer)
        }
        buffer.writeStaticString("\r\n")
    }
}
