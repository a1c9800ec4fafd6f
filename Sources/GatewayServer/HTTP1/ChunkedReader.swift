internal import GatewayKit
internal import HTTPTypes
internal import NIOCore

/// Takes the chunked coding off a body (RFC 9112 §7.1). Strict: CR LF ends each line, sizes are plain hexadecimal.
package struct ChunkedReader {
    enum Progress {
        case incomplete
        case part(ByteBuffer)
        /// The trailer section; without lines when there is none.
        case end(Fields)
        case fault(MessageFault)
    }

    private enum State {
        case size
        case data(remaining: UInt64)
        case dataEnd
        case trailers
        case done
    }

    /// Extensions are read over; this bounds how many bytes of them one chunk may have.
    private static let longestSizeLine = 256

    private var state = State.size
    private var trailers: HeadReader
    /// Extension bytes of the whole body, so that many tiny chunks cannot carry an endless stream of them.
    private var extensionBytes = 0

    init(limits: HeadLimits) {
        trailers = HeadReader(hasStartLine: false, limits: limits)
    }

    mutating func next(_ buffer: inout ByteBuffer) -> Progress {
        while true {
            switch state {
            case .size:
                switch readSize(&buffer) {
                case nil: return .incomplete
                case .failure(let fault)?: return .fault(fault)
                case .success(0)?: state = .trailers
                case .success(let size)?: state = .data(remaining: size)
                }
            case .data(let remaining):
                guard buffer.readableBytes > 0 else { return .incomplete }
                let count = Int(min(remaining, UInt64(buffer.readableBytes)))
                guard let part = buffer.readSlice(length: count) else { return .incomplete }
                state = remaining == UInt64(count) ? .dataEnd : .data(remaining: remaining - UInt64(count))
                return .part(part)
            case .dataEnd:
                guard let end: UInt16 = buffer.getInteger(at: buffer.readerIndex) else {
                    if let first: UInt8 = buffer.getInteger(at: buffer.readerIndex), first != 0x0D {
                        return .fault(MessageFault(.badRequest, "a chunk is longer than its size says"))
                    }
                    return .incomplete
                }
                guard end == 0x0D0A else {
                    return .fault(MessageFault(.badRequest, "a chunk is longer than its size says"))
                }
                buffer.moveReaderIndex(forwardBy: 2)
                state = .size
            case .trailers:
                switch trailers.read(&buffer) {
                case .incomplete: return .incomplete
                case .fault(let fault): return .fault(fault)
                case .complete(let wire):
                    state = .done
                    return .end(Fields(wire: wire, lines: trailers.takeLines()))
                }
            case .done:
                return .incomplete
            }
        }
    }

    private mutating func readSize(_ buffer: inout ByteBuffer) -> Result<UInt64, MessageFault>? {
        let outcome: (length: Int, result: Result<UInt64, MessageFault>)? = buffer.withUnsafeReadableBytes { bytes in
            guard let end = bytes.firstIndex(of: 0x0A) else {
                return bytes.count > Self.longestSizeLine
                    ? (0, .failure(MessageFault(.badRequest, "the line of a chunk's size is too long"))) : nil
            }
            guard end <= Self.longestSizeLine else {
                return (0, .failure(MessageFault(.badRequest, "the line of a chunk's size is too long")))
            }
            guard end > 1, bytes[end - 1] == 0x0D else {
                return (
                    0,
                    .failure(MessageFault(.badRequest, "the line of a chunk's size is empty or ends in a bare LF"))
                )
            }
            return (end + 1, Self.size(UnsafeRawBufferPointer(rebasing: bytes[..<(end - 1)])))
        }
        guard let outcome else { return nil }
        buffer.moveReaderIndex(forwardBy: outcome.length)
        extensionBytes += max(0, outcome.length - 18)
        if extensionBytes > 16 * 1024 {
            return .failure(MessageFault(.badRequest, "the chunk extensions are too long"))
        }
        return outcome.result
    }

    private static func size(_ line: UnsafeRawBufferPointer) -> Result<UInt64, MessageFault> {
        var size: UInt64 = 0
        var digits = 0
        while digits < line.count, let value = ASCII.hexValue(line[digits]) {
            digits += 1
            guard digits <= 15 else { return .failure(MessageFault(.badRequest, "a chunk's size is too large")) }
            size = size << 4 | UInt64(value)
        }
        guard digits > 0 else {
            return .failure(MessageFault(.badRequest, "a chunk's size is not a hexadecimal number"))
        }
        // Extensions begin with a semicolon, perhaps after white space (RFC 9112 §7.1.1); they are not forwarded.
        let rest = line[digits...].drop { $0 == 0x20 || $0 == 0x09 }
        guard rest.isEmpty && digits == line.count || rest.first == 0x3B else {
            return .failure(MessageFault(.badRequest, "a chunk's size is followed by something else than an extension"))
        }
        guard rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            return .failure(MessageFault(.badRequest, "a chunk extension has a control character"))
        }
        return .success(size)
    }
}
