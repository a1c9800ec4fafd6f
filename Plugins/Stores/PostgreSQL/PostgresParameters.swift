/// The values of a statement as libpq takes them: each with its length, so that none ends at a zero byte.
struct PostgresParameters {
    /// Of all values together; the server takes no more than a gibibyte at once.
    private static let largest = 512 * 1024 * 1024

    let types: [UInt32]
    let lengths: [Int32]
    /// 1: binary.
    let formats: [Int32]
    private let starts: [Int]
    private let bytes: [CChar]

    init(_ values: [PostgresValue]) throws(PostgresFailure) {
        var lengths = [Int32]()
        var starts = [Int]()
        var bytes = [CChar]()
        for value in values {
            let binary = value.binary
            guard bytes.count + binary.count <= Self.largest else {
                throw .unreadable("more was to be written than PostgreSQL takes at once")
            }
            starts.append(bytes.count)
            lengths.append(Int32(binary.count))
            bytes += binary.map { CChar(truncatingIfNeeded: $0) }
        }
        // So that there is an address for a value of no bytes, too: a null would be NULL.
        bytes.append(0)
        types = values.map(\.type)
        formats = values.map { _ in 1 }
        self.lengths = lengths
        self.starts = starts
        self.bytes = bytes
    }

    /// - Parameter body: gets the address of each value, good until it returns.
    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            let base = buffer.baseAddress
            return body(starts.map { base?.advanced(by: $0) })
        }
    }
}
