package import GatewayKit
package import Logging
package import NIOCore

/// The access log of a server: chooses, formats, and has written. Used from every event loop.
package final class AccessLog: Sendable {
    private let sample: AccessLogSample
    private let formatter: AccessLogFormatter
    private let writer: AccessLogWriter

    /// - Throws: when the file cannot be opened.
    package init(_ settings: AccessLogSettings, time: TimeSource = .system, logger: Logger) throws(StartFailure) {
        sample = AccessLogSample(settings.sample)
        formatter = AccessLogFormatter(settings.format)
        writer = AccessLogWriter(
            try AccessLogFile(settings.destination),
            formatter: formatter,
            time: time,
            logger: logger
        )
    }

    /// Whether this exchange is written down; asked before its entry is made.
    package func wants(_ id: ExchangeID, _ outcome: Outcome) -> Bool {
        sample.includes(id, outcome)
    }

    /// Never blocks.
    ///
    /// - Parameter line: a buffer of the caller's, so that lines need no memory of their own; its content is replaced.
    package func record(_ entry: AccessLogEntry, reusing line: inout ByteBuffer) {
        line.clear()
        formatter.write(entry, into: &line)
        writer.write(line)
    }

    /// Lines that could not be written, since the beginning.
    package var dropped: UInt64 { writer.dropped }

    /// For log rotation: goes on in a new file of the same name.
    package func reopen() {
        writer.reopen()
    }

    /// Waits until everything is written. Not for an event loop.
    package func stop() {
        writer.stop()
    }
}
