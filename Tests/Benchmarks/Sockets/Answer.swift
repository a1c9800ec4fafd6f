/// The upstream's answers, as the benchmark's own clients read them.
enum Answer {
    private static let status = Array("HTTP/1.1 200".utf8)
    private static let headEnd = Array("\r\n\r\n".utf8)

    /// - Throws: `BenchFailure` when an answer does not begin as one with status 200 does.
    static func check(_ bytes: some Collection<UInt8>) throws {
        guard bytes.starts(with: status.prefix(bytes.count)) else {
            let line = bytes.prefix { $0 != UInt8(ascii: "\r") }
            throw BenchFailure("an answer begins with '\(String(decoding: line.prefix(60), as: UTF8.self))'")
        }
    }

    /// Whether the answer of `Workbench.answerSize` has come.
    static func isWhole(_ bytes: [UInt8]) throws -> Bool {
        try check(bytes)
        let missing = Workbench.answerSize.bytes
        // The body has no line ends, so that the head ends where the body of this size begins.
        guard bytes.count >= missing + headEnd.count else { return false }
        return bytes[(bytes.count - missing - headEnd.count)...].starts(with: headEnd)
    }
}
