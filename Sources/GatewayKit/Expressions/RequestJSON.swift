internal import NIOCore

/// The body of a request as JSON, read once for all stages that ask.
package struct RequestJSON {
    /// `nil` when the body is no JSON that every service reads in the same way.
    package let value: JSONValue?
}

extension Exchange {
    /// Reads the body, so that expressions can ask about `request.json`. What is no JSON is read as well: whatever asks
    /// about it fails.
    ///
    /// - Returns: fails with `BodyTooLarge` when the body is longer than `limit`; the answer to that is 413.
    public func readJSON(upTo limit: ByteCount) -> Eventually<Void> {
        if self[RequestJSON.self] != nil { return .now(()) }
        return body(upTo: limit).map { body in
            self[RequestJSON.self] = RequestJSON(value: Self.json(of: body, self.request))
        }
    }

    /// Of several content types, of charsets other than UTF-8 and of compressed bodies, services read what they like.
    private static func json(of body: ByteBuffer, _ request: RequestHead) -> JSONValue? {
        if let name = FieldName("content-encoding"),
            request.fields.values(of: name).contains(where: { $0.lowercased() != "identity" })
        {
            return nil
        }
        let types = request.fields.values(of: .contentType)
        guard types.count <= 1, types.allSatisfy(isJSON) else { return nil }
        return body.withUnsafeReadableBytes { try? JSONReader.read($0) }
    }

    /// `application/json`, or a type that ends in `+json` (RFC 6839 §3.1), alone or with the charset UTF-8.
    private static func isJSON(_ type: String) -> Bool {
        let parts = type.lowercased().filter { $0 != " " && $0 != "\t" && $0 != "\"" }
            .split(separator: ";", omittingEmptySubsequences: false)
        guard let name = parts.first,
            name == "application/json" || name.hasPrefix("application/") && name.hasSuffix("+json")
        else { return false }
        return parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || !$0.hasPrefix("charset=") && !$0.isEmpty }
    }
}
