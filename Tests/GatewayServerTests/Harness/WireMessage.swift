/// A request or a response as it stood on the wire. Read leniently and apart from the code under test.
struct WireMessage: Sendable, CustomStringConvertible {
    var startLine = ""
    /// Names in lower case, in their order.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var trailers: [(name: String, value: String)] = []
    /// False when the connection ended before the framing said so.
    var isWhole = true
    var isChunked = false

    /// Of a response.
    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }
    var names: [String] { fields.map(\.name) }

    /// The value of the only line of this name; `nil` when there is none or more than one.
    subscript(name: String) -> String? {
        let values = values(of: name)
        return values.count == 1 ? values[0] : nil
    }

    func values(of name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    var description: String {
        "\(startLine) \(fields.map { "\($0.name): \($0.value)" }) \(body.count) bytes: \(text.prefix(300))"
    }

    /// What the reader must know that the bytes do not say.
    enum Kind: Sendable {
        case request
        case response
        /// The response to a HEAD.
        case bodyless
    }

    /// - Returns: the first message of `bytes` and its length; `nil` when it is not whole yet.
    static func first(in bytes: ArraySlice<UInt8>, _ kind: Kind, isClosed: Bool) -> (message: WireMessage, length: Int)?
    {
        guard let headEnd = end(ofHeadIn: bytes) else { return nil }
        var message = WireMessage()
        let lines = String(decoding: bytes[bytes.startIndex..<headEnd], as: UTF8.self).components(separatedBy: "\r\n")
        message.startLine = lines[0]
        message.fields = lines.dropFirst().compactMap(field)
        let status = message.status
        if kind == .bodyless || kind == .response && (status < 200 || status == 204 || status == 304) {
            return (message, headEnd - bytes.startIndex)
        }
        let rest = bytes[headEnd...]
        if message["transfer-encoding"]?.lowercased() == "chunked" {
            message.isChunked = true
            if let end = readChunks(rest, into: &message) { return (message, end - bytes.startIndex) }
        } else if let length = message["content-length"].flatMap({ Int($0) }) {
            // With every part that comes this is asked again: copying what is not whole would take the square of its length.
            if rest.count >= length || isClosed { message.body = Array(rest.prefix(length)) }
            if rest.count >= length { return (message, headEnd + length - bytes.startIndex) }
        } else if kind == .request {
            return (message, headEnd - bytes.startIndex)
        } else if isClosed {
            message.body = Array(rest)
            return (message, bytes.count)
        }
        guard isClosed else { return nil }
        message.isWhole = false
        return (message, bytes.count)
    }

    private static func end(ofHeadIn bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while index + 3 < bytes.endIndex {
            guard let carriageReturn = bytes[index...].firstIndex(of: 0x0D) else { return nil }
            if bytes[carriageReturn...].starts(with: [0x0D, 0x0A, 0x0D, 0x0A]) { return carriageReturn + 4 }
            index = carriageReturn + 1
        }
        return nil
    }

    private static func field(_ line: String) -> (name: String, value: String)? {
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        return (line[..<colon].lowercased(), String(value))
    }

    /// - Returns: the end of the last chunk's trailer section.
    private static func readChunks(_ bytes: ArraySlice<UInt8>, into message: inout WireMessage) -> Int? {
        var rest = bytes
        while let lineEnd = rest.firstIndex(of: 0x0A) {
            let line = String(decoding: rest[rest.startIndex..<lineEnd], as: UTF8.self)
            guard let size = Int(line.prefix { $0.isHexDigit }, radix: 16) else { return nil }
            rest = rest[(lineEnd + 1)...]
            if size == 0 {
                while let end = rest.firstIndex(of: 0x0A) {
                    let line = String(decoding: rest[rest.startIndex..<end].dropLast(), as: UTF8.self)
                    rest = rest[(end + 1)...]
                    guard let trailer = field(line) else { return rest.startIndex }
                    message.trailers.append(trailer)
                }
                return nil
            }
            message.body += rest.prefix(size)
            guard rest.count >= size + 2 else { return nil }
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts = [String]()
        var rest = unicodeScalars[...]
        while let range = rest.firstRange(of: separator.unicodeScalars) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        parts.append(String(rest))
        return parts
    }
}
