internal import GatewayKit
internal import NIOCore

/// What one stream has still to send: the parts of a body that wait for a window, then the end.
struct HTTP2SendQueue {
    enum Frame {
        case data(ByteBuffer, endsStream: Bool)
        case trailers(Fields)
    }

    /// Bytes that may wait for a window before the one who fills the queue must stop.
    private static let most = 64 * 1024

    private var parts = CircularBuffer<ByteBuffer>()
    private var count = 0
    private var trailers: Fields?
    private var isWhole = false
    /// The end has gone out, if only with the head.
    private(set) var isEndSent = false

    var isEmpty: Bool { parts.isEmpty }
    var hasRoom: Bool { count < Self.most }

    /// Makes ready for the next message.
    mutating func reset() {
        discard()
        trailers = nil
        isWhole = false
        isEndSent = false
    }

    /// What waits will not go out any more.
    mutating func discard() {
        parts.removeAll()
        count = 0
    }

    // MARK: Filling

    /// - Parameter endsStream: there is no body.
    mutating func begin(endsStream: Bool) {
        isEndSent = endsStream
    }

    mutating func append(_ part: ByteBuffer) {
        guard !isEndSent, part.readableBytes > 0 else { return }
        parts.append(part)
        count += part.readableBytes
    }

    mutating func end(trailers: Fields) {
        isWhole = true
        self.trailers = trailers.isEmpty ? nil : trailers
    }

    // MARK: Sending

    /// The frame to write now.
    ///
    /// - Parameter room: how many bytes of a body may go out in one frame.
    /// - Returns: `nil` when nothing can go out. What is not empty then waits for a window.
    mutating func next(within room: Int) -> Frame? {
        guard let part = parts.first else {
            guard isWhole, !isEndSent else { return nil }
            isEndSent = true
            return trailers.map { .trailers($0) } ?? .data(ByteBuffer(), endsStream: true)
        }
        guard room > 0 else { return nil }
        if part.readableBytes > room, let piece = part.getSlice(at: part.readerIndex, length: room) {
            parts[parts.startIndex].moveReaderIndex(forwardBy: room)
            count -= room
            return .data(piece, endsStream: false)
        }
        parts.removeFirst()
        count -= part.readableBytes
        isEndSent = parts.isEmpty && isWhole && trailers == nil
        return .data(part, endsStream: isEndSent)
    }
}
