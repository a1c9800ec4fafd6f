internal import Foundation

/// An answer over HTTP/1.1 that says how long it is.
struct SizedAnswer {
    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let lengthName = "content-length:"

    let status: Int
    let body: [UInt8]

    /// `nil` until all of it has come.
    ///
    /// - Throws: `BenchFailure` when it is something else.
    init?(_ bytes: [UInt8]) throws {
        guard let end = Self.end(ofHeadIn: bytes) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).lowercased().split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        guard words.count > 1, words[0] == "http/1.1", let status = Int(words[1]) else {
            throw BenchFailure("an answer begins with '\((lines.first ?? "").prefix(60))'")
        }
        let field = lines.first { $0.hasPrefix(Self.lengthName) }?.dropFirst(Self.lengthName.count)
        guard let length = field.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) }), length >= 0 else {
            throw BenchFailure("an answer \(status) does not say how long it is")
        }
        let rest = bytes[(end + Self.headEnd.count)...]
        guard rest.count >= length else { return nil }
        self.status = status
        body = Array(rest.prefix(length))
    }

    private static func end(ofHeadIn bytes: [UInt8]) -> Int? {
        guard bytes.count >= headEnd.count else { return nil }
        return (0...bytes.count - headEnd.count).first { bytes[$0] == headEnd[0] && bytes[$0...].starts(with: headEnd) }
    }
}
