package import GatewayKit
package import HTTPTypes
package import NIOCore

/// Reads HTTP/1.1 responses from the bytes of an upstream connection (RFC 9112).
package struct ResponseParser {
    package enum Head {
        case incomplete
        /// 1xx: the final one follows.
        case informational(ResponseHead)
        case response(ResponseHead, ResponseBody)
        case fault(MessageFault)
    }

    private var reader: HeadReader
    private var body = BodyReader.none
    private let limits: HeadLimits
    package private(set) var buffer = ByteBuffer()
    /// False when the upstream said or implied that it will close after this response.
    package private(set) var keepsAlive = true

    package init(limits: MessageLimits) {
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

    /// - Parameters:
    ///   - method: of the request that is answered.
    ///   - allowsWebSocket: the request asked for one, so that 101 is an answer to it.
    package mutating func nextHead(answering method: HTTPRequest.Method, allowsWebSocket: Bool = false) -> Head {
        switch reader.read(&buffer) {
        case .incomplete: return .incomplete
        case .fault(let fault): return .fault(fault)
        case .complete(let wire):
            letGo()
            do throws(MessageFault) {
                return try head(of: wire, answering: method, allowsWebSocket: allowsWebSocket)
            } catch {
                return .fault(error)
            }
        }
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

    /// Gives the storage of a response's lines back for the next one.
    mutating func reuse(_ lines: [Fields.Line]) {
        reader.reuse(lines)
    }

    /// True when the end of the connection is the end of the body.
    package var endsWithConnection: Bool {
        if case .untilClose = body { return true }
        return false
    }

    private mutating func head(
        of wire: ByteBuffer,
        answering method: HTTPRequest.Method,
        allowsWebSocket: Bool
    ) throws(MessageFault) -> Head {
        guard let startLine = reader.startLine else { throw MessageFault(.badGateway, "the status line is missing") }
        let (status, isHTTP11) = try Self.statusLine(wire, startLine)
        let fields = Fields(wire: wire, lines: reader.takeLines())
        reader.reset()
        let head = ResponseHead(status: status, fields: fields)
        if status.code < 200 {
            if status.code == 101 {
                guard allowsWebSocket, HopByHop(of: fields).upgrades(to: "websocket", fields) else {
                    throw MessageFault(.badGateway, "101 without an Upgrade")
                }
                body = .untilClose
                keepsAlive = false
                return .response(head, .tunnel)
            }
            return .informational(head)
        }
        let framing = try MessageFraming(of: fields)
        keepsAlive = isHTTP11 && !fields.lists("close", in: .connection)
        if method == .head || status.code == 204 || status.code == 304 {
            body = .none
            // A 204 has no length (RFC 9110 §8.6).
            return .response(head, .none(declared: status.code == 204 ? nil : framing.length))
        }
        if framing.isChunked {
            body = .chunked(ChunkedReader(limits: limits))
            return .response(head, .unknownLength)
        }
        if let length = framing.length {
            body = .length(remaining: length)
            return .response(head, .length(length))
        }
        body = .untilClose
        keepsAlive = false
        return .response(head, .unknownLength)
    }

    /// `HTTP/1.1 SP 3DIGIT SP [ reason ]` (RFC 9112 §4); the space before an empty reason may be missing.
    private static func statusLine(
        _ wire: ByteBuffer,
        _ line: Range<Int>
    ) throws(MessageFault) -> (status: HTTPResponse.Status, isHTTP11: Bool) {
        let parsed: (HTTPResponse.Status, Bool)? = wire.withUnsafeReadableBytes { bytes in
            guard line.count >= 12, UnsafeRawBufferPointer(rebasing: bytes[line]).begins(with: "HTTP/1."),
                bytes[line.lowerBound + 8] == 0x20
            else { return nil }
            let version = bytes[line.lowerBound + 7]
            guard (0x30...0x39).contains(version) else { return nil }
            var code = 0
            for index in line.lowerBound + 9..<line.lowerBound + 12 {
                guard (0x30...0x39).contains(bytes[index]) else { return nil }
                code = code * 10 + Int(bytes[index] - 0x30)
            }
            guard (100...999).contains(code), line.count == 12 || bytes[line.lowerBound + 12] == 0x20 else {
                return nil
            }
            for index in min(line.lowerBound + 13, line.upperBound)..<line.upperBound
            where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
                return nil
            }
            return (HTTPResponse.Status(integerLiteral: code), version != 0x30)
        }
        guard let parsed else { throw MessageFault(.badGateway, "the status line is not 'HTTP/1.1 code reason'") }
        return parsed
    }
}

/// What the head of a response says about its body.
package enum ResponseBody: Hashable {
    /// None follows; a HEAD or a 304 may still declare a length.
    case none(declared: UInt64?)
    case length(UInt64)
    case unknownLength
    /// The WebSocket that was asked for is open: bytes flow both ways until one side ends.
    case tunnel
}

extension Substring {
    var trimmingSpaces: Substring {
        var result = self
        while result.first == " " || result.first == "\t" { result.removeFirst() }
        while result.last == " " || result.last == "\t" { result.removeLast() }
        return result
    }
}
