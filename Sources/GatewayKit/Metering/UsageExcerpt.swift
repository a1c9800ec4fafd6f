public import NIOCore

/// The beginning and the end of a body that passes: what a meter sees of a response. Takes no more memory than twice its
/// bound, whatever the body's length.
public struct UsageExcerpt: Sendable {
    /// Enough for the first event of a stream.
    public static let headLimit = ByteCount.kibibytes(4)

    private let tailLimit: Int
    private var start: [UInt8] = []
    /// The last bytes, and up to as many before them.
    private var end: [UInt8] = []
    public private(set) var byteCount: UInt64 = 0

    public init(tailLimit: ByteCount) {
        self.tailLimit = max(0, tailLimit.bytes)
    }

    public var head: [UInt8] { start }

    public var tail: [UInt8] { end.count > tailLimit ? Array(end.suffix(tailLimit)) : end }

    public mutating func append(_ part: ByteBuffer) {
        part.withUnsafeReadableBytes { append($0) }
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        byteCount &+= UInt64(bytes.count)
        if start.count < Self.headLimit.bytes {
            start.append(contentsOf: bytes.prefix(Self.headLimit.bytes - start.count))
        }
        guard bytes.count < tailLimit else {
            end.removeAll(keepingCapacity: true)
            end.append(contentsOf: bytes.suffix(tailLimit))
            return
        }
        // Seldom moved: each byte is once for every `tailLimit` bytes that come.
        if end.count + bytes.count > 2 * tailLimit {
            end.removeFirst(end.count - tailLimit)
        }
        end.append(contentsOf: bytes)
    }
}
