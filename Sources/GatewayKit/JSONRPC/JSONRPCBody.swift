package import NIOCore

/// The body of a request that carries JSON-RPC 2.0: one message or a batch of them.
///
/// Read so that nobody else can read anything else in it: UTF-8 without a mark, no name twice in an object, and none of
/// the deciding names in another spelling, which readers that ignore the case of letters would take for it.
package struct JSONRPCBody: Sendable {
    package enum Message: Sendable {
        case call(JSONRPCCall)
        /// To something that the other side has asked.
        case answer
    }

    private static let deepest = 128
    private static let longestBatch = 100
    /// Bytes.
    private static let longestMember = 256
    private static let longestName = 8_192
    private static let rootNames = ["jsonrpc", "id", "method", "params", "result", "error", "_meta"]
    private static let paramNames = ["name", "uri", "arguments", "_meta"]

    package let messages: [Message]
    package let isBatch: Bool
    /// Where credentials stand, with what separates them from their neighbours: in ascending order.
    private let credentialRanges: [Range<Int>]

    package init(_ body: ByteBuffer) throws(JSONRPCFault) {
        let result: Result<JSONRPCBody, JSONRPCFault> = body.withUnsafeReadableBytes { bytes in
            do throws(JSONRPCFault) {
                return .success(try JSONRPCBody(bytes))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(JSONRPCFault) {
        let value: JSONValue
        let spans: [JSONSpan]
        do {
            // A batch has its messages one level further down.
            (value, spans) = try JSONReader.located(in: bytes, deepest: Self.deepest, notedDepth: 3)
        } catch {
            throw JSONRPCFault(.parseError, error.description)
        }
        let depth: Int
        switch value {
        case .object:
            isBatch = false
            depth = 0
            let id = spans.first { $0.depth == 0 && $0.name == "id" }.map { bytes[$0.value] }
            messages = [try Self.message(value, id: id.map { String(decoding: $0, as: UTF8.self) })]
        case .array(let values):
            guard !values.isEmpty else { throw JSONRPCFault(.invalidRequest, "the batch is empty") }
            guard values.count <= Self.longestBatch else {
                throw JSONRPCFault(.invalidRequest, "the batch holds more than \(Self.longestBatch) messages")
            }
            isBatch = true
            depth = 1
            var messages = [Message]()
            for value in values {
                // Whoever asks for an answer of its own is no notification; with which id does not matter here.
                messages.append(try Self.message(value, id: value["id"] == nil ? nil : "null"))
            }
            self.messages = messages
        default:
            throw JSONRPCFault(.invalidRequest, "a message is a JSON object")
        }
        credentialRanges = Self.credentialRanges(among: spans, depth: depth, in: bytes)
    }

    private static func message(_ value: JSONValue, id: String?) throws(JSONRPCFault) -> Message {
        guard case .object(let members) = value else {
            throw JSONRPCFault(.invalidRequest, "a message is a JSON object")
        }
        try checkSpelling(of: members, rootNames)
        switch value["id"] {
        case nil, .string?, .number?: break
        default: throw JSONRPCFault(.invalidRequest, "'id' should be a text or a number")
        }
        guard let named = value["method"] else {
            guard value["result"] != nil || value["error"] != nil else {
                throw JSONRPCFault(.invalidRequest, "a message has a 'method', a 'result' or an 'error'")
            }
            return .answer
        }
        guard let method = named.text else { throw JSONRPCFault(.invalidRequest, "'method' should be a text") }
        guard value["result"] == nil, value["error"] == nil else {
            throw JSONRPCFault(.invalidRequest, "a message is a call or an answer, not both")
        }
        try checkText(method, named: "'method'", upTo: longestMember)
        let params = value["params"]
        let nameMember = JSONRPCCall.nameMember(of: CallText.folded(method))
        if nameMember != nil, case .object(let members)? = params {
            try checkSpelling(of: members, paramNames)
        }
        let name = nameMember.flatMap { params?[$0]?.text }
        if let name, let nameMember { try checkText(name, named: "'params.\(nameMember)'", upTo: longestName) }
        return .call(
            JSONRPCCall(
                id: id,
                method: method,
                name: name,
                params: params.map(withoutMeta),
                credentials: [value, params].compactMap { $0?["_meta"]?[JSONRPCCall.credentialKey] }
            )
        )
    }

    /// Texts that decide are compared in several forms, so they are short; and readers in C would stop at a NUL.
    private static func checkText(_ text: String, named what: String, upTo limit: Int) throws(JSONRPCFault) {
        guard text.utf8.count <= limit, !text.utf8.contains(0) else {
            throw JSONRPCFault(.invalidRequest, "\(what) is longer than \(limit) bytes, or holds a NUL")
        }
    }

    private static func withoutMeta(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return value }
        return .object(members.filter { $0.name != "_meta" })
    }

    private static func checkSpelling(of members: [JSONValue.Member], _ names: [String]) throws(JSONRPCFault) {
        for member in members where !names.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) {
            try checkText(member.name, named: "the name of a member", upTo: longestMember)
            let folded = CallText.folded(member.name)
            if let name = names.first(where: { $0 == folded }) {
                throw JSONRPCFault(.invalidRequest, "'\(name)' stands there in another spelling")
            }
        }
    }

    // MARK: Concealing

    /// The body without its credentials, for the upstream; `nil` when there are none, and it can stay as it came.
    package func concealed(_ body: ByteBuffer) -> ByteBuffer? {
        guard !credentialRanges.isEmpty else { return nil }
        var kept = ByteBuffer()
        kept.reserveCapacity(body.readableBytes)
        let bytes = body.readableBytesView
        var start = 0
        func keep(_ range: Range<Int>) {
            kept.writeBytes(bytes[bytes.startIndex + range.lowerBound..<bytes.startIndex + range.upperBound])
        }
        for range in credentialRanges {
            keep(start..<range.lowerBound)
            start = range.upperBound
        }
        keep(start..<body.readableBytes)
        return kept
    }

    private static func credentialRanges(
        among spans: [JSONSpan],
        depth: Int,
        in bytes: UnsafeRawBufferPointer
    ) -> [Range<Int>] {
        let params = spans.filter { $0.depth == depth && $0.name == "params" }
        let metas = spans.filter { span in
            guard span.depth == depth || span.depth == depth + 1, span.name == "_meta" else { return false }
            return span.depth == depth || params.contains { $0.holds(span) }
        }
        guard !metas.isEmpty else { return [] }
        var ranges = [Range<Int>]()
        for span in spans where span.name == JSONRPCCall.credentialKey {
            guard let meta = metas.first(where: { $0.depth == span.depth - 1 && $0.holds(span) }) else { continue }
            let isAlone = !spans.contains { other in
                other.depth == span.depth && other.member != span.member && meta.holds(other)
            }
            ranges.append(withSeparator(isAlone ? meta.member : span.member, in: bytes))
        }
        return ranges.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// With the comma behind it, or else the one before it.
    private static func withSeparator(_ member: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Range<Int> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        var end = member.upperBound
        while end < bytes.count, isSpace(bytes[end]) { end += 1 }
        if end < bytes.count, bytes[end] == UInt8(ascii: ",") { return member.lowerBound..<end + 1 }
        var start = member.lowerBound
        while start > 0, isSpace(bytes[start - 1]) { start -= 1 }
        if start > 0, bytes[start - 1] == UInt8(ascii: ",") { return start - 1..<member.upperBound }
        return member
    }
}
