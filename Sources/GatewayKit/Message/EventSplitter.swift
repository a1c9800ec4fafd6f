public import NIOCore

/// Cuts an event stream into its events without decoding them (HTML standard, "Parsing an event stream"): all bytes come
/// out as they came in, wherever the parts were cut.
///
/// An event is what stands before an empty line; lines end with CR LF, LF or CR. What comes of it is one piece; only an
/// event that is longer than the limit comes in several.
public struct EventSplitter: Sendable {
    public struct Piece: Sendable {
        public let bytes: ByteBuffer
        /// It has its event's first line of data, without which clients see no event: comments and empty events have
        /// none. True for at most one piece of an event, and no data comes before that one.
        public let beginsEvent: Bool
        /// It ends with the empty line: something of one's own may be sent behind it.
        public let isEnd: Bool
        /// Its only data is `[DONE]`, by which many services say that there is no more.
        public let isDone: Bool
    }

    private enum LineKind {
        /// Too little of it is here.
        case unknown
        case data
        case done
        case other
    }

    /// As many bytes tell what a line is: a byte order mark and `data:`.
    private static let tellingCount = 8
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let data = Array("data".utf8)
    private static let done = Array("[DONE]".utf8)

    private let limit: Int
    private var buffer = ByteBuffer()
    /// Bytes of the buffer that were looked at.
    private var scanned = 0
    /// Where in the buffer the line begins that is being looked at.
    private var lineStart = 0
    /// Of a line whose beginning has come out already.
    private var openLine = LineKind.unknown
    /// The last line ended with a CR, to which an LF may still belong.
    private var mayOweLF = false
    private var isFirstLine = true
    private var dataLines = 0
    private var hasDone = false
    private var hasBegun = false

    /// - Parameter limit: how much of an event is kept until it is whole.
    public init(limit: ByteCount = .kibibytes(64)) {
        self.limit = max(Self.tellingCount, limit.bytes)
    }

    public mutating func feed(_ part: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = part
        } else {
            buffer.discardReadBytes()
            buffer.writeImmutableBuffer(part)
        }
    }

    /// `nil` when the next event is not whole yet.
    public mutating func next() -> Piece? {
        while let lineEnd = nextLineEnd() {
            var next = lineEnd + 1
            let endsWithCR = byte(at: lineEnd) == 0x0D
            if endsWithCR, next < buffer.readableBytes {
                if byte(at: next) == 0x0A { next += 1 }
            } else {
                mayOweLF = endsWithCR
            }
            let isEmpty = note(lineStart..<lineEnd)
            (scanned, lineStart) = (next, next)
            if isEmpty { return piece(next, isEnd: true) }
        }
        scanned = buffer.readableBytes
        guard buffer.readableBytes >= limit else { return nil }
        return excess()
    }

    /// What is left when the stream has ended in the middle of an event; `nil` when nothing is.
    public mutating func finish() -> Piece? {
        guard buffer.readableBytes > 0 else { return nil }
        if lineStart < buffer.readableBytes { note(lineStart..<buffer.readableBytes) }
        return piece(buffer.readableBytes, isEnd: false)
    }

    /// Where the line ends that is being looked at.
    private mutating func nextLineEnd() -> Int? {
        if mayOweLF, lineStart < buffer.readableBytes {
            mayOweLF = false
            if byte(at: lineStart) == 0x0A {
                lineStart += 1
                scanned = max(scanned, lineStart)
            }
        }
        let start = scanned
        return buffer.withUnsafeReadableBytes { bytes in
            bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D }
        }
    }

    private func byte(at index: Int) -> UInt8? {
        buffer.getInteger(at: buffer.readerIndex + index)
    }

    /// Counts a line.
    ///
    /// - Returns: true when it is empty.
    @discardableResult
    private mutating func note(_ line: Range<Int>) -> Bool {
        let kind: LineKind
        if case .unknown = openLine {
            guard let read = read(line) else {
                isFirstLine = false
                return true
            }
            kind = read
        } else {
            kind = openLine
        }
        isFirstLine = false
        openLine = .unknown
        switch kind {
        case .unknown, .other: break
        case .data: dataLines += 1
        case .done:
            dataLines += 1
            hasDone = true
        }
        return false
    }

    /// - Returns: `nil` for an empty line.
    private func read(_ line: Range<Int>) -> LineKind? {
        buffer.withUnsafeReadableBytes { bytes in
            var rest = bytes[line]
            if isFirstLine, rest.starts(with: Self.byteOrderMark) { rest = rest.dropFirst(Self.byteOrderMark.count) }
            guard !rest.isEmpty else { return nil }
            guard rest.starts(with: Self.data) else { return .other }
            rest = rest.dropFirst(Self.data.count)
            guard !rest.isEmpty else { return .data }
            guard rest.removeFirst() == 0x3A else { return .other }
            if rest.first == 0x20 { rest.removeFirst() }
            return rest.elementsEqual(Self.done) ? .done : .data
        }
    }

    /// An event is longer than it may be: what has come of it goes out, but for a line that may yet be anything.
    private mutating func excess() -> Piece? {
        if case .unknown = openLine {
            let length = buffer.readableBytes - lineStart
            guard length >= Self.tellingCount else {
                return lineStart > 0 ? piece(lineStart, isEnd: false) : nil
            }
            openLine = read(lineStart..<buffer.readableBytes) == .other ? .other : .data
        }
        return piece(buffer.readableBytes, isEnd: false)
    }

    private mutating func piece(_ count: Int, isEnd: Bool) -> Piece? {
        var isOpenData = false
        if case .data = openLine { isOpenData = true }
        let beginsEvent = !hasBegun && (dataLines > 0 || isOpenData)
        let isDone = isEnd && hasDone && dataLines == 1
        guard let bytes = buffer.readSlice(length: count) else { return nil }
        scanned = max(0, scanned - count)
        lineStart = max(0, lineStart - count)
        if isEnd {
            (dataLines, hasDone, hasBegun) = (0, false, false)
        } else {
            hasBegun = hasBegun || beginsEvent
        }
        return Piece(bytes: bytes, beginsEvent: beginsEvent, isEnd: isEnd, isDone: isDone)
    }
}
