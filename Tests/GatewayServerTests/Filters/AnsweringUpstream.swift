import GatewayKit
import GatewayServer
import NIOCore

/// What an upstream of either version does with one request.
struct AnsweringUpstream: Sendable {
    let version: Versions.Version
    let connection: RawConnection
    let isChunked: Watched<Bool> = Watched(false)

    typealias Script = @Sendable (AnsweringUpstream) async throws -> Void

    static func start(_ version: Versions.Version, _ script: @escaping Script) async throws -> ScriptedUpstream {
        try await .start { connection in
            switch version {
            case .http1: _ = try await connection.request()
            case .http2:
                try await connection.send(HTTP2RawFrame.settings().bytes)
                _ = try await connection.streams(1)
            }
            try await script(AnsweringUpstream(version: version, connection: connection))
        }
    }

    /// - Parameter length: `nil`: of a length that no field declares.
    func head(_ status: Int = 200, length: Int? = nil, fields: [(String, String)] = []) async throws {
        isChunked.update { $0 = length == nil }
        switch version {
        case .http1:
            let framing = length.map { "Content-Length: \($0)" } ?? "Transfer-Encoding: chunked"
            let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
            try await connection.send("HTTP/1.1 \(status) OK\r\n\(lines)\(framing)\r\n\r\n")
        case .http2:
            var block = [UInt8].literal(":status", "\(status)")
            if let length { block += .literal("content-length", "\(length)") }
            for (name, value) in fields { block += .literal(name, value) }
            try await connection.send(HTTP2RawFrame.headers(1, block).bytes)
        }
    }

    func part(_ text: String) async throws {
        switch version {
        case .http1:
            let size = "\(String(text.utf8.count, radix: 16))\r\n"
            try await connection.send(isChunked.value ? "\(size)\(text)\r\n" : text)
        case .http2: try await connection.send(Self.data(Array(text.utf8), ends: false).bytes)
        }
    }

    /// A whole response in one piece, so that the gateway reads all of it at once.
    func whole(_ parts: [String]) async throws {
        switch version {
        case .http1:
            let chunks = parts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)0\r\n\r\n")
        case .http2:
            let head = HTTP2RawFrame.headers(1, .literal(":status", "200")).bytes
            let body = parts.flatMap { Self.data(Array($0.utf8), ends: false).bytes }
            try await connection.send(head + body + Self.data([], ends: true).bytes)
        }
    }

    func end(trailers: [(String, String)] = []) async throws {
        switch version {
        case .http1:
            guard isChunked.value else { return }
            try await connection.send("0\r\n\(trailers.map { "\($0.0): \($0.1)\r\n" }.joined())\r\n")
        case .http2:
            if trailers.isEmpty {
                try await connection.send(Self.data([], ends: true).bytes)
            } else {
                let block = trailers.flatMap { [UInt8].literal($0.0, $0.1) }
                try await connection.send(HTTP2RawFrame.headers(1, block, ends: true).bytes)
            }
        }
    }

    private static func data(_ payload: [UInt8], ends: Bool) -> HTTP2RawFrame {
        HTTP2RawFrame(.data, flags: ends ? HTTP2RawFrame.Flags.endStream : 0, stream: 1, payload)
    }

    /// Sends so many bytes as fast as the gateway takes them, and counts what it took.
    func pour(_ total: Int, counting written: Watched<Int>) async throws {
        let piece = 16 * 1024
        var sent = 0
        while sent < total {
            let count = min(piece, total - sent)
            if version == .http2 {
                let needed = sent + count
                try await connection.received.wait(for: "a window") { Self.credit(in: $0) >= needed }
            }
            try await part(String(repeating: "x", count: count))
            sent += count
            written.update { $0 = sent }
        }
    }

    /// How much of stream 1 the gateway has allowed in all; the connection's window is larger.
    private static func credit(in state: RawConnection.Received) -> Int {
        var credit = 65_535
        for frame in HTTP2RawFrame.all(in: Array(state.bytes.dropFirst([UInt8].preface.count))) {
            switch HTTP2FrameHeader.Kind(rawValue: frame.kind) {
            case .settings where frame.flags & 1 == 0:
                for start in stride(from: 0, to: frame.payload.count, by: 6) where frame.payload[start + 1] == 4 {
                    credit += Int(frame.number(at: start + 2)) - 65_535
                }
            case .windowUpdate where frame.stream == 1: credit += Int(frame.number(at: 0))
            default: break
            }
        }
        return credit
    }

    /// Waits until the gateway wants no more of the response.
    static func abandoned(_ connection: RawConnection, _ version: Versions.Version) async throws {
        try await connection.received.wait(for: "the gateway to let go") { state in
            guard version == .http2 else { return state.isEnded }
            let frames = HTTP2RawFrame.all(in: Array(state.bytes.dropFirst([UInt8].preface.count)))
            return state.isEnded
                || frames.contains { $0.kind == HTTP2FrameHeader.Kind.resetStream.rawValue && $0.stream == 1 }
        }
    }
}
