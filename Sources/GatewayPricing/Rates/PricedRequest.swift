internal import GatewayKit
package import Standard

/// What a gateway shows of a request, read for what it asks of a model.
///
/// Whoever asks decides what stands there: what cannot be read for certain has no price, so that nobody gets a model at the
/// price of another one.
package struct PricedRequest: Sendable {
    /// `nil`: it names none.
    package let model: String?
    private let document: JSONValue?
    private let byteCount: UInt64

    /// - Parameter text: as `GetPriceRequest.http_request_text` has it.
    package init(_ text: String) throws(PriceRefusal) {
        let bytes = Array(text.utf8)
        guard let end = Self.endOfHead(bytes) else { throw PriceRefusal("what is shown is no request") }
        let head = bytes[..<end]
        let body = bytes[(end + 4)...]
        guard Self.hasRequestLine(head) else { throw PriceRefusal("what is shown is no request") }
        byteCount = UInt64(body.count)
        guard !body.isEmpty else {
            if Self.declaresBody(head) {
                throw PriceRefusal("the body of the request is not shown: let the gateway show it ('body')")
            }
            self.model = nil
            self.document = nil
            return
        }
        guard let document = try? body.withUnsafeBytes({ try JSONReader.read($0) }), document.isObject else {
            throw PriceRefusal("the body of the request is no JSON object, or not all of it is shown ('body')")
        }
        switch document["model"] {
        case nil, .null?: model = nil
        case .string(let name)?: model = name
        default: throw PriceRefusal("'model' of the request is no text")
        }
        self.document = document
    }

    /// What it may use.
    ///
    /// - Parameter usual: output where it names no bound.
    package func estimate(usual: UInt64) -> TokenEstimate {
        TokenEstimate(of: document, byteCount: byteCount, usual: usual)
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...bytes.count - 4).first { bytes[$0...].starts(with: "\r\n\r\n".utf8) }
    }

    /// `POST /v1/messages HTTP/1.1`
    private static func hasRequestLine(_ head: ArraySlice<UInt8>) -> Bool {
        let line = head.prefix { $0 != UInt8(ascii: "\r") }
        let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        return parts.count == 3 && !parts[0].isEmpty && !parts[1].isEmpty && parts[2].starts(with: "HTTP/".utf8)
    }

    private static func declaresBody(_ head: ArraySlice<UInt8>) -> Bool {
        String(decoding: head, as: UTF8.self).split(separator: "\r\n").contains { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { return false }
            return parts[1].contains { $0 != "0" && $0 != " " }
        }
    }
}
