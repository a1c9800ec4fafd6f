internal import HTTPTypes
internal import NIOCore

extension Reply {
    /// The head and the body as a client of this kind gets them.
    ///
    /// REST: status, and a problem body (RFC 9457) when the reply has none of its own. gRPC: HTTP 200 with `grpc-status`
    /// in the head and no body, so that clients read it as trailers-only (gRPC over HTTP/2, "Responses").
    package func rendered(for request: RequestHead, id: ExchangeID) -> (head: ResponseHead, body: Body) {
        guard var problem else { return (ResponseHead(status: status, fields: fields), body) }
        var fields = fields
        fields.set(.decision, "\(id)")
        if request.isGRPC {
            fields.set(.contentType, "application/grpc")
            fields.set(.grpcStatus, String(grpcStatus))
            fields.set(.grpcMessage, status.code == 402 ? "payment required" : Self.percentEncoded(problem.detail))
            return (ResponseHead(status: .ok, fields: fields), .none)
        }
        guard case .none = body else { return (ResponseHead(status: status, fields: fields), body) }
        problem.members.append(.init("instance", "urn:sluice:exchange:\(id)"))
        fields.set(.contentType, "application/problem+json")
        return (
            ResponseHead(status: status, fields: fields),
            .bytes(ByteBuffer(string: problem.json(status: status.code)))
        )
    }

    /// The codes that L402 clients know (13 for a payment, 8 for a rate limit), and gRPC's own mapping for the rest.
    private var grpcStatus: Int {
        switch status.code {
        case 400: 3
        case 401: 16
        case 402: 13
        case 403: 7
        case 404: 12
        case 413, 429, 431: 8
        case 502, 503: 14
        case 504: 4
        default: 13
        }
    }

    /// gRPC over HTTP/2, "Percent-Encoded": printable ASCII but `%` stays.
    private static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if (0x20...0x7E).contains(byte) && byte != 0x25 {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result +=
                    "%"
                    + String(
                        decoding: [ASCII.uppercaseHexDigits[Int(byte >> 4)], ASCII.uppercaseHexDigits[Int(byte & 15)]],
                        as: UTF8.self
                    )
            }
        }
        return result
    }
}
