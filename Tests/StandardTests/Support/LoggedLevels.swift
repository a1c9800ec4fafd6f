import Logging
import NIOConcurrencyHelpers

/// Remembers how serious what is logged is.
final class LoggedLevels: Sendable {
    private let levels = NIOLockedValueBox<[Logger.Level]>([])

    var all: [Logger.Level] { levels.withLockedValue { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(levels: self.levels) }
    }

    private struct Handler: LogHandler {
        let levels: NIOLockedValueBox<[Logger.Level]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            levels.withLockedValue { $0.append(event.level) }
        }
    }
}
