package import GatewayKit

/// What one unit of a session buys on a route.
package enum SessionMeter: Sendable, Hashable {
    /// A request and its whole response.
    case request
    /// An event of a response that is a stream of events.
    case event
    /// So many bytes of a response's body, or what is left of it at its end.
    case bytes(ByteCount)

    /// As challenges name the unit, for people.
    package var unit: String {
        switch self {
        case .request: "request"
        case .event: "event"
        case .bytes(let count): count.description
        }
    }

    /// `request`, `event` or `{ bytes: 16 KiB }`. Notes a mistake and returns `.request` for anything else.
    package init(from settings: inout PolicyReader, _ key: String) {
        self = .request
        guard let node = settings.node(key) else { return }
        if case .map(let entries) = node.content, entries.contains(where: { $0.key == "bytes" }),
            var section = settings.section(key)
        {
            defer { section.finish() }
            self = .bytes(
                section.value(
                    "bytes",
                    or: nil,
                    placeholder: .kibibytes(16),
                    expected: "a size from 1 B to 1 GiB such as 16 KiB"
                ) { text in
                    ByteCount(parsing: text).flatMap { (1...1 << 30).contains($0.bytes) ? $0 : nil }
                }
            )
            return
        }
        let form = "request, event or a size such as { bytes: 16 KiB }"
        self =
            settings.value(of: node, named: "'\(key)'", expected: form) { text in
                switch text {
                case "request": .request
                case "event": .event
                default: nil
                }
            } ?? .request
    }
}
