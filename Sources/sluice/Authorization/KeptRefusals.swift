internal import GatewayKit
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Answers that a proxy could not pass on, until it asks for them: once, and soon. May be used from any thread.
final class KeptRefusals: Sendable {
    private static let validity = TimeAmount.seconds(30)

    private let time: TimeSource
    private let replies = NIOLockedValueBox(ExpiringTable<String, Reply>(most: 4_096))

    init(time: TimeSource) {
        self.time = time
    }

    func keep(_ reply: Reply, as id: String) {
        let now = time.uptime()
        replies.withLockedValue { $0.keep(reply, for: id, until: now + Self.validity, at: now) }
    }

    /// `nil` where there is none of that id any more.
    func take(_ id: String) -> Reply? {
        let now = time.uptime()
        return replies.withLockedValue { $0.take(id, at: now) }
    }
}
