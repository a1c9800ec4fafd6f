internal import NIOCore

extension ByteBuffer {
    /// What a connection keeps for the next head and small body that it writes.
    private static let mostKept = 4_096

    /// Takes what is there out, and leaves an empty buffer without storage.
    mutating func takeAll() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &self)
        return taken
    }

    /// Writes into the storage of `written` from now on, unless that is large, or something else was written meanwhile.
    ///
    /// Costs no allocation where the channel has let go of the bytes, which it has once the kernel took them.
    mutating func reuse(_ written: consuming ByteBuffer) {
        guard readableBytes == 0, capacity == 0 else { return }
        guard written.capacity <= Self.mostKept else { return reserveCapacity(1_024) }
        written.clear(minimumCapacity: 1_024)
        self = written
    }
}
