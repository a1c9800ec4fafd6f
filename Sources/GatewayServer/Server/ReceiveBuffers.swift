internal import NIOCore

/// How large the buffers are that a connection is read into.
///
/// A channel keeps the first of them for as long as it lives (`NIOPooledRecvBufferAllocator`), and reads into it again
/// where its bytes are used by then. That one is small, and enough for most requests; larger ones are nobody's once their
/// bytes are used, and an idle connection has none. Needs `maxMessagesPerRead` of 1: with more, the channel would keep as
/// many.
struct ReceiveBuffers: RecvByteBufferAllocator {
    private static let first = 1_024
    private static let second = 4_096
    private static let most = 128 * 1_024

    private var size = first
    /// The last read would have fitted into much less.
    private var wasSmall = false

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        allocator.buffer(capacity: size)
    }

    /// - Returns: true to have the channel ask for a new buffer.
    mutating func record(actualReadBytes count: Int) -> Bool {
        let isSmall = count <= size / 4
        if count >= size {
            size = min(size * 4, Self.most)
        } else if isSmall, wasSmall {
            size = size > Self.second ? size / 2 : Self.first
        }
        wasSmall = isSmall
        return size > Self.first
    }
}
