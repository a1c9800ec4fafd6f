internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Finds the lines of a head, or of a trailer section, as their bytes arrive (RFC 9112 §2.1, §5).
///
/// Strict where leniency has let messages be read in two ways: a line ends in CR LF and nothing else, no white space
/// stands before a colon, no line is folded, and values hold no control characters. No byte is looked at twice.
struct HeadReader {
    enum Progress {
        case incomplete
        /// All bytes of the head; `startLine` and `lines` are ranges of it.
        case complete(ByteBuffer)
        case fault(MessageFault)
    }

    private let hasStartLine: Bool
    private let limits: HeadLimits
    private(set) var startLine: Range<Int>?
    private(set) var lines: [Fields.Line] = []
    /// Storage for the next lines. Whose it was may have let go of it only by the time that it is used.
    private var spare: [Fields.Line] = []
    /// Both count from the head's first byte.
    private var lineStart = 0
    private var scanned = 0

    init(hasStartLine: Bool, limits: HeadLimits) {
        self.hasStartLine = hasStartLine
        self.limits = limits
    }

    /// Makes ready for the next head.
    mutating func reset() {
        lines.removeAll(keepingCapacity: true)
        startLine = nil
        lineStart = 0
        scanned = 0
    }

    /// Takes storage for the lines of the next head. If it is nobody else's then, it saves allocations.
    mutating func reuse(_ storage: consuming [Fields.Line]) {
        if storage.capacity > spare.capacity {
            spare = storage
        }
    }

    /// Gives up the storage for the lines of the next head.
    mutating func shed() {
        lines = []
        spare = []
    }

    /// True when a part of a head has arrived.
    var hasBegun: Bool { scanned > 0 }

    /// Takes the head from the front of `buffer` once all of it is there.
    mutating func read(_ buffer: inout ByteBuffer) -> Progress {
        let (length, fault) = buffer.withUnsafeReadableBytes { scan($0) }
        if let fault { return .fault(fault) }
        guard let length else { return .incomplete }
        guard let head = buffer.readSlice(length: length) else { return .incomplete }
        return .complete(head)
    }

    mutating func takeLines() -> [Fields.Line] {
        var taken = [Fields.Line]()
        swap(&taken, &lines)
        return taken
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) -> (length: Int?, fault: MessageFault?) {
        while let end = lineFeed(in: bytes, from: scanned) {
            scanned = end + 1
            guard end > lineStart, bytes[end - 1] == 0x0D else {
                return (nil, MessageFault(.badRequest, "a line ends in a bare LF"))
            }
            let line = lineStart..<end - 1
            lineStart = end + 1
            if line.isEmpty {
                if hasStartLine && startLine == nil {
                    // One empty line before a request is forgiven (RFC 9112 §2.2).
                    guard line.lowerBound == 0 else {
                        return (nil, MessageFault(.badRequest, "the request line is missing"))
                    }
                    continue
                }
                return end + 1 <= limits.head.bytes ? (end + 1, nil) : (nil, tooLarge)
            }
            if hasStartLine && startLine == nil {
                guard line.count <= limits.target.bytes else {
                    return (nil, MessageFault(.uriTooLong, "the request line is longer than \(limits.target)"))
                }
                startLine = line
            } else if let fault = readField(line, of: bytes) {
                return (nil, fault)
            }
        }
        scanned = bytes.count
        // One more byte may be the CR of a line that is just short enough.
        let partial = bytes.count - lineStart - (bytes.last == 0x0D ? 1 : 0)
        if hasStartLine, startLine == nil, partial > limits.target.bytes {
            return (nil, MessageFault(.uriTooLong, "the request line is longer than \(limits.target)"))
        }
        return bytes.count > limits.head.bytes ? (nil, tooLarge) : (nil, nil)
    }

    private var tooLarge: MessageFault {
        MessageFault(.requestHeaderFieldsTooLarge, "the header fields are longer than \(limits.head)")
    }

    private func lineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let found = memchr(base + start, 0x0A, bytes.count - start)
        else { return nil }
        return base.distance(to: UnsafeRawPointer(found))
    }

    private mutating func readField(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) -> MessageFault? {
        guard bytes[line.lowerBound] != 0x20, bytes[line.lowerBound] != 0x09 else {
            return MessageFault(.badRequest, "a header line is folded or begins with white space")
        }
        var colon = line.lowerBound
        while colon < line.upperBound, ASCII.isTokenByte(bytes[colon]) {
            colon += 1
        }
        guard colon < line.upperBound, bytes[colon] == 0x3A, colon > line.lowerBound else {
            return MessageFault(
                .badRequest,
                "a header line has no name, or a character before the colon that a name may not have"
            )
        }
        var start = colon + 1
        var end = line.upperBound
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 {
            start += 1
        }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 {
            end -= 1
        }
        guard !Self.hasControl(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) else {
            return MessageFault(.badRequest, "a header value has a control character")
        }
        guard lines.count < limits.fields else {
            return MessageFault(.requestHeaderFieldsTooLarge, "there are more than \(limits.fields) header fields")
        }
        let name = UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<colon])
        if lines.isEmpty, spare.capacity > lines.capacity {
            swap(&lines, &spare)
            lines.removeAll(keepingCapacity: true)
        }
        lines.append(.init(name: line.lowerBound..<colon, value: start..<end, known: KnownField(name: name)))
        return nil
    }

    /// Whether a value holds a byte that it may not (RFC 9110 §5.5). Credentials are long: looked through by the word.
    private static func hasControl(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let toDelete = word ^ 0x7F7F_7F7F_7F7F_7F7F
            // The high bit of at least one byte is set where one is below 0x20, or 0x7F.
            let isLow = (word &- 0x2020_2020_2020_2020) & ~word
            let isDelete = (toDelete &- 0x0101_0101_0101_0101) & ~toDelete
            if (isLow | isDelete) & 0x8080_8080_8080_8080 != 0, hasControl(bytes, in: index..<index + 8) { return true }
            index += 8
        }
        return hasControl(bytes, in: index..<bytes.count)
    }

    private static func hasControl(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> Bool {
        for index in range where bytes[index] < 0x20 && bytes[index] != 0x09 || bytes[index] == 0x7F {
            return true
        }
        return false
    }
}
