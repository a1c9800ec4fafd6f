package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// Writes entries as lines. What an entry does not know is left out; the rest always comes in the same order.
package struct AccessLogFormatter: Sendable {
    private let format: AccessLogSettings.Format

    package init(_ format: AccessLogSettings.Format) {
        self.format = format
    }

    /// More than all names, numbers and separators of a line take.
    private static let frame = 1_024

    /// Appends one line with its line end.
    package func write(_ entry: AccessLogEntry, into buffer: inout ByteBuffer) {
        let texts = entry.authority.readableBytes + entry.path.readableBytes + (entry.method?.rawValue.utf8.count ?? 0)
        let names = [entry.route, entry.stage, entry.shadow, entry.reason, entry.upstream]
            .reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        let longest = Self.frame + LogText.longest(texts + names)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: longest) { memory in
            var line = AccessLogLine(format, in: memory)
            line.add("time", entry.time)
            line.add("id", entry.id)
            line.add("client", entry.client)
            line.add("method", entry.method?.rawValue)
            line.add("host", entry.authority)
            line.add("path", entry.path)
            line.add("protocol", entry.version.map(Self.name(of:)))
            line.add("route", entry.route)
            line.add("stage", entry.stage)
            line.add("would_refuse", entry.shadow)
            line.add("status", (entry.outcome.status?.code).map { UInt64(clamping: $0) })
            line.add("outcome", Self.name(of: entry.outcome.end))
            line.add("reason", entry.reason)
            line.add("upstream", entry.upstream)
            line.add("request_bytes", entry.outcome.requestBytes)
            line.add("response_bytes", entry.outcome.responseBytes)
            line.add("total_ms", milliseconds: entry.timing.total)
            line.add("connected_ms", milliseconds: entry.timing.connected)
            line.add("first_byte_ms", milliseconds: entry.timing.firstByte)
            return line.end()
        }
    }

    /// Appends a line that tells how many lines before it are missing.
    package func writeGap(of lines: UInt64, at time: WallTime, into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.frame) { memory in
            var line = AccessLogLine(format, in: memory)
            line.add("time", time)
            line.add("dropped", lines)
            return line.end()
        }
    }

    private static func name(of version: RequestHead.Version) -> String {
        switch version {
        case .http1_0: "HTTP/1.0"
        case .http1_1: "HTTP/1.1"
        case .http2: "HTTP/2"
        }
    }

    private static func name(of end: Outcome.End) -> String {
        switch end {
        case .answered: "answered"
        case .replied: "replied"
        case .clientLeft: "client_left"
        case .drained: "drained"
        case .cut: "cut"
        case .upstreamFailed(.unreachable): "upstream_unreachable"
        case .upstreamFailed(.timeout): "upstream_timeout"
        case .upstreamFailed(.closed): "upstream_closed"
        case .upstreamFailed(.malformed): "upstream_malformed"
        case .upstreamFailed(.busy): "upstream_busy"
        }
    }
}
