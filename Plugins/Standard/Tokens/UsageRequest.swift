internal import GatewayKit
package import NIOCore

/// A request for a stream of chat completions says in its last event what it has used only if it is asked to
/// (`stream_options: { include_usage: true }`).
package enum UsageRequest {
    private static let options = "stream_options"
    private static let usage = "include_usage"

    /// The body that asks for it; `nil` when this one does, or is none of which that is known. Other APIs tell it always, and
    /// refuse what they do not know.
    package static func asking(_ body: ByteBuffer, path: String) -> ByteBuffer? {
        guard path.hasSuffix("/completions"),
            let (document, spans) = body.withUnsafeReadableBytes({ bytes in
                try? JSONReader.located(in: bytes, deepest: 32, notedDepth: 0)
            }),
            case .object(let members) = document, case .bool(true)? = document["stream"]
        else { return nil }
        let options: [JSONValue.Member]
        switch document[Self.options] {
        case nil, .null?: options = []
        case .object(let known)?:
            if case .bool(true)? = document[Self.options]?[usage] { return nil }
            options = known.filter { $0.name != usage }
        default: return nil
        }
        let value = JSONValue.object(options + [.init(usage, .bool(true))]).canonical
        var asking = body
        if let span = spans.first(where: { $0.depth == 0 && $0.name == Self.options }) {
            guard let start = body.getSlice(at: body.readerIndex, length: span.value.lowerBound) else { return nil }
            asking = start
            asking.writeString(value)
            asking.writeImmutableBuffer(body.dropped(span.value.upperBound))
        } else {
            guard let brace = body.readableBytesView.firstIndex(of: UInt8(ascii: "{")) else { return nil }
            let length = brace + 1 - body.readerIndex
            guard let start = body.getSlice(at: body.readerIndex, length: length) else { return nil }
            asking = start
            asking.writeString("\"\(Self.options)\":\(value)\(members.isEmpty ? "" : ",")")
            asking.writeImmutableBuffer(body.dropped(length))
        }
        return asking
    }
}

extension ByteBuffer {
    /// Without the first bytes.
    fileprivate func dropped(_ count: Int) -> ByteBuffer {
        var rest = self
        rest.moveReaderIndex(forwardBy: min(count, rest.readableBytes))
        return rest
    }
}
