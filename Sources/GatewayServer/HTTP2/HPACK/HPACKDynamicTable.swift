internal import NIOCore

/// The fields a peer has told to remember, the newest with the lowest index (RFC 7541 §2.3.2, §4).
///
/// Allocates only until it has been filled once: entries and their bytes leave at the front and come in at the end, and
/// what is left is moved to the front when there is less of it than of what has gone.
package struct HPACKDynamicTable {
    /// The most that `size` may be.
    package private(set) var capacity: Int
    /// The bytes of all entries, and 32 for each (RFC 7541 §4.1).
    package private(set) var size = 0
    /// Oldest first. Those before `first` are evicted.
    private var entries: [HPACKEntry] = []
    private var first = 0
    /// Names and values of the entries that are not evicted, readable from the oldest to the newest.
    private var bytes = ByteBuffer()
    /// How many bytes were ever evicted: what an entry's `start` is less than its place in the readable bytes.
    private var evictedBytes = 0

    package init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    package var count: Int { entries.count - first }

    /// - Parameter index: 1 for the newest.
    package func entry(at index: Int) -> HPACKEntry? {
        index >= 1 && index <= count ? entries[entries.count - index] : nil
    }

    /// The name and, right after it, the value of an entry of this table; valid inside `body` only.
    package func withBytes<Result>(of entry: HPACKEntry, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeReadableBytes { readable in
            let start = entry.start - evictedBytes
            guard start >= 0, start + entry.byteCount <= readable.count else {
                return body(UnsafeRawBufferPointer(start: nil, count: 0))
            }
            return body(UnsafeRawBufferPointer(rebasing: readable[start..<start + entry.byteCount]))
        }
    }

    /// Adds an entry, and evicts what has no room beside it. One larger than the table leaves it empty (RFC 7541 §4.4).
    ///
    /// - Parameter field: the name and, right after it, the value; not bytes of this table.
    package mutating func insert(
        _ field: UnsafeRawBufferPointer,
        nameCount: Int,
        name: HeaderName,
        fault: HeaderFault?
    ) {
        let entry = HPACKEntry(
            start: evictedBytes + bytes.readableBytes,
            nameCount: nameCount,
            valueCount: field.count - nameCount,
            name: name,
            fault: fault
        )
        guard entry.size <= capacity else {
            removeAll()
            return
        }
        evict(to: capacity - entry.size)
        if bytes.writableBytes < field.count, bytes.readerIndex >= bytes.readableBytes {
            bytes.discardReadBytes()
        }
        bytes.writeBytes(field)
        entries.append(entry)
        size += entry.size
    }

    package mutating func removeAll() {
        evict(to: 0)
    }

    /// Evicts what has no room any more (RFC 7541 §4.3).
    package mutating func resize(to capacity: Int) {
        self.capacity = max(0, capacity)
        evict(to: self.capacity)
    }

    private mutating func evict(to most: Int) {
        while size > most, first < entries.count {
            let entry = entries[first]
            first += 1
            size -= entry.size
            bytes.moveReaderIndex(forwardBy: entry.byteCount)
            evictedBytes += entry.byteCount
        }
        if first > 0, first >= count {
            entries.removeFirst(first)
            first = 0
        }
    }
}
