package import GatewayKit
internal import HTTPTypes
package import NIOCore

/// Copies a response as it goes to its client, as long as it is short enough to be kept, and there is room on the shelf.
package final class AnswerRecording: ResponseWatch {
    private let status: HTTPResponse.Status
    private let fields: Fields
    private let limit: ByteCount
    private let shelf: AnswerShelf
    /// `nil` once it is too long.
    private var body: ByteBuffer? = ByteBuffer()

    package init(_ head: ResponseHead, limit: ByteCount, on shelf: AnswerShelf) {
        status = head.status
        var fields = Fields()
        for index in head.fields.lines.indices where Self.isKept(head.fields.lines[index].known) {
            guard let name = FieldName(head.fields.name(at: index)) else { continue }
            fields.add(name, head.fields.value(at: index))
        }
        self.fields = fields
        self.limit = limit
        self.shelf = shelf
    }

    deinit {
        if let body { shelf.endRecording(body.readableBytes) }
    }

    /// Without what belongs to one message on one connection.
    private static func isKept(_ field: KnownField) -> Bool {
        switch field {
        case .connection, .contentLength, .date, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding,
            .upgrade:
            false
        default: true
        }
    }

    package func passed(_ part: ByteBuffer) {
        guard let count = body?.readableBytes else { return }
        guard count + part.readableBytes <= limit.bytes, shelf.record(part.readableBytes) else {
            shelf.endRecording(count)
            body = nil
            return
        }
        body?.writeImmutableBuffer(part)
    }

    /// `nil` when it was too long, or there was no room.
    package var answer: AnswerShelf.Answer? {
        body.map { AnswerShelf.Answer(status: status, fields: fields, body: $0) }
    }
}
