internal import GatewayKit
internal import GatewayServer
internal import HTTPTypes
internal import NIOCore

// Requests that somebody else has received, and tells of.
extension TrialRequest {
    private static let framing: Set<String> = ["content-length", "transfer-encoding"]
    /// Pseudo-fields stand elsewhere; who expects a 100 gets it from the proxy.
    private static let dropped: Set<String> = ["host", "expect"]

    /// `nil` where no client can have sent that: a part would become more than itself. And where the path makes detours:
    /// whoever asks forwards what the client wrote, of which the service may make another path than the gateway.
    init?(
        method: String,
        scheme: String,
        authority: String,
        target: String,
        lines: [(String, String)],
        peer: IPAddress?
    ) {
        guard let method = HTTPRequest.Method(method), Self.isVisible(authority), Self.isVisible(target),
            !target.isEmpty, !Self.hasDetours(target)
        else { return nil }
        var fields = [(name: String, value: String)]()
        for (name, value) in lines where !name.hasPrefix(":") {
            guard FieldName(name) != nil, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                return nil
            }
            if !Self.dropped.contains(name.lowercased()) { fields.append((name, value)) }
        }
        self.init(
            method: method,
            scheme: scheme.lowercased() == "https" ? "https" : "http",
            authority: authority,
            target: target,
            fields: fields,
            peer: peer
        )
    }

    /// True where the path has dot segments, encoded or not, or slashes that are doubled.
    private static func hasDetours(_ target: String) -> Bool {
        let path = target.prefix { $0 != "?" }.lowercased().replacing("%2e", with: ".")
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        return segments.contains { $0 == "." || $0 == ".." } || segments.dropLast().contains { $0.isEmpty }
    }

    private static func isVisible(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// What came of the body with the question; what did not come is not taken for empty.
    ///
    /// - Parameters:
    ///   - isWhole: it is not cut.
    ///   - isHTTP1: the client spoke HTTP/1, where a body is always declared (RFC 9112 §6.3).
    mutating func take(_ body: ByteBuffer, isWhole: Bool, overHTTP1 isHTTP1: Bool) {
        let length = fields.first { $0.name.lowercased() == "content-length" }.flatMap { UInt64($0.value) }
        let isChunked = fields.contains { $0.name.lowercased() == "transfer-encoding" }
        let count = UInt64(body.readableBytes)
        if isWhole, count > 0, length == nil || length == count {
            fields.removeAll { Self.framing.contains($0.name.lowercased()) }
            self.body = body
            return
        }
        let usuallyHasNone: Set<HTTPRequest.Method> = [.get, .head, .options, .delete, .trace]
        withholdsBody =
            if let length { length > 0 } else { isChunked || count > 0 || !isHTTP1 && !usuallyHasNone.contains(method) }
        if withholdsBody, length == nil {
            fields.removeAll { Self.framing.contains($0.name.lowercased()) }
        }
    }
}
