internal import GatewayKit
internal import GatewayServer
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Answers that a proxy could not pass on, until it asks for them: once, and soon. May be used from any thread.
final class KeptRefusals: Sendable {
    private struct Entry {
        let reply: Reply
        let end: NIODeadline
    }

    /// More are not kept at a time.
    static let most = 4_096
    static let validity = TimeAmount.seconds(30)

    private let time: TimeSource
    private let entries = NIOLockedValueBox<[String: Entry]>([:])

    init(time: TimeSource) {
        self.time = time
    }

    func keep(_ reply: Reply, as id: String) {
        let now = time.uptime()
        entries.withLockedValue { entries in
            if entries.count >= Self.most { entries = entries.filter { now < $0.value.end } }
            guard entries.count < Self.most else { return }
            entries[id] = Entry(reply: reply, end: now + Self.validity)
        }
    }

    /// `nil` where there is none of that id any more.
    func take(_ id: String) -> Reply? {
        let now = time.uptime()
        return entries.withLockedValue { entries in
            guard let entry = entries.removeValue(forKey: id), now < entry.end else { return nil }
            return entry.reply
        }
    }
}
