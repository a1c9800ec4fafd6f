package import NIOCore

/// Puts a member into the answer of a call as it passes: an answer that is JSON, or one that is the data of an event
/// (HTML Living Standard, "Server-sent events").
package final class AnswerInsertion: ResponseFilter {
    private enum Line {
        /// At its beginning.
        case start
        /// In the name of its field, of which this much was `data` so far.
        case name(Int)
        /// Behind the colon.
        case data
        case other
    }

    private static let field = Array("data".utf8)

    private let isEventStream: Bool
    private let fresh: JSONInsertion
    private var insertion: JSONInsertion
    private var line = Line.start
    private var endsWithCR = false
    private var isDone = false
    /// `nil` once it was told what kind of answer it is.
    private var answered: ((Bool) -> Eventually<Void>)?

    /// - Parameters:
    ///   - answered: called once, with true when the answer turns out to be an error, before that goes to the client;
    ///     with false when it has its member, or when it ended as neither. What is still to come of the answer waits for
    ///     it, and is cut where it fails.
    package init(
        _ insertion: JSONInsertion,
        isEventStream: Bool,
        answered: @escaping (_ isError: Bool) -> Eventually<Void> = { _ in .now(()) }
    ) {
        fresh = insertion
        self.insertion = insertion
        self.isEventStream = isEventStream
        self.answered = answered
    }

    package func passage(of part: ByteBuffer, to outlet: any ResponseOutlet) -> Eventually<ByteBuffer> {
        told(passed(part))
    }

    private func told(_ part: ByteBuffer) -> Eventually<ByteBuffer> {
        // An error of nobody may be one of several messages in a stream.
        let isError = insertion.isError || !isEventStream && insertion.isUnnamedError
        guard isError || insertion.isDone, let answered else { return .now(part) }
        self.answered = nil
        return answered(isError).map { part }
    }

    package func trailers(after trailers: Fields, to outlet: any ResponseOutlet) -> Eventually<Fields> {
        guard let answered else { return .now(trailers) }
        self.answered = nil
        return answered(false).map { trailers }
    }

    /// The part with what belongs into it; the part itself where nothing does.
    package func passed(_ part: ByteBuffer) -> ByteBuffer {
        guard !isDone else { return part }
        var result: ByteBuffer?
        var start = part.readerIndex
        part.withUnsafeReadableBytes { bytes in
            for index in bytes.indices {
                guard let text = isEventStream ? event(bytes[index]) : insertion.insertion(before: bytes[index]) else {
                    continue
                }
                var made = result ?? ByteBuffer()
                made.writeBytes(bytes[start - part.readerIndex..<index])
                made.writeString(text)
                start = part.readerIndex + index
                result = made
            }
        }
        isDone = insertion.isDone
        guard var result else { return part }
        result.writeImmutableBuffer(part.getSlice(at: start, length: part.writerIndex - start) ?? ByteBuffer())
        return result
    }

    private func event(_ byte: UInt8) -> String? {
        let isLineEnd = byte == 0x0A || byte == 0x0D
        defer { endsWithCR = byte == 0x0D }
        if isLineEnd {
            if byte == 0x0A, endsWithCR { return nil }
            if case .start = line, !insertion.isDone, !insertion.isError {
                // An empty line: the event is whole, and the next one is another message.
                insertion = fresh
            }
            line = .start
            return nil
        }
        switch line {
        case .start: line = byte == Self.field[0] ? .name(1) : .other
        case .name(let count) where count == Self.field.count: line = byte == UInt8(ascii: ":") ? .data : .other
        case .name(let count): line = byte == Self.field[count] ? .name(count + 1) : .other
        case .data: return insertion.insertion(before: byte)
        case .other: break
        }
        return nil
    }
}
