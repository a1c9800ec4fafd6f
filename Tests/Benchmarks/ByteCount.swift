/// So many bytes.
struct ByteCount: Hashable {
    let bytes: Int

    init(_ bytes: Int) {
        self.bytes = bytes
    }

    static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }

    var kibibytes: Double { Double(bytes) / 1_024 }
    var mebibytes: Double { kibibytes / 1_024 }

    static func - (left: ByteCount, right: ByteCount) -> ByteCount { ByteCount(left.bytes - right.bytes) }
}
